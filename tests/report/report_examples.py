"""Made-up results, every number of which can be checked by eye. Shared by the tests of reports and of statistics."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench_cases.cases import Case, CaseResult, Floor, PromptsSpent, Scores, SliceScores, Status
from bench_cases.metrics import means

DICE = (0.9, 0.8, 0.95)
"""Dice of the three non-empty slices of every made-up volume, before a model's bonus."""

ENVIRONMENT: dict[str, Any] = {
    "python": {"implementation": "CPython", "version": "3.11.9"},
    "platform": {"system": "Linux", "release": "6.1", "machine": "x86_64"},
    "cpu": {"name": "A Processor", "count": 2},
    "packages": {"numpy": "2.0.0", "transformers": None},
    "code": {"commit": "0" * 40, "dirty": False, "time": "2026-01-01T00:00:00+00:00"},
    "device": {"type": "cpu"},
}

HEADER: dict[str, Any] = {
    "run": {
        "id": "00000000000000000000000000000001",
        "started_utc": "2026-01-01T00:00:00+00:00",
        "command": ["pytest", "benchmark", "-k", "phantom"],
        "selection": {"datasets": ["lungs-phantom"], "k": "phantom"},
    },
    "settings": {"scoring": {"empty": "both"}, "precision": "fp32", "isolated": False},
    "environment": ENVIRONMENT,
}

TAIL: dict[str, Any] = {
    "run": {"complete": True, "exit_status": 0, "finished_utc": "2026-01-01T00:01:00+00:00"},
    "models": {
        "model-a": {
            "backend": "sam2",
            "arch": "sam2_micro",
            "modes": ["image", "video"],
            "device": "cpu",
            "precision": "fp32",
            "licence": "Apache-2.0",
            "citation": "none",
            "weights_sha256": "a" * 64,
            "settings": {"image_size": 256},
            "load_s": {"read": 0.1, "build": 0.2, "move": 0.0},
            "parameters": 1_000_000,
            "size_bytes": 4_000_000,
        },
    },
    "datasets": {
        "lungs-phantom": {
            "title": "Lungs",
            "modality": "CT",
            "target": "lungs",
            "phantom": True,
            "licence": "CC0-1.0",
            "citation": "none",
        },
    },
    "not_run": [
        {"what": "coronacases", "reason": "not downloaded", "remedy": "sambench fetch coronacases"},
    ],
}


def result(
    volume: str = "v1",
    *,
    dataset: str = "lungs-phantom",
    model: str = "model-a",
    strategy: str = "every.composite",
    bonus: float = 0.0,
    status: Status = "passed",
    phantom: bool = True,
    embed_s: tuple[float, ...] = (0.2, 0.1, 0.3),
    decode_s: tuple[float, ...] = (0.02, 0.01, 0.03),
    shared: bool = False,
    digests: dict[str, str] | None = None,
    frames: int | None = None,
) -> CaseResult:
    """Return a case of four slices, the last of them empty and left empty by the model."""
    video = not strategy.startswith("every.")
    if status == "error":
        return CaseResult(
            case=Case(dataset, volume, model, strategy),
            status="error",
            message="DataError: the mask is empty",
            phantom=phantom,
        )
    dice = [value + bonus for value in DICE]
    jaccard = [value / (2 - value) for value in dice]
    per_slice = SliceScores(
        index=[0, 1, 2, 3],
        dice=[*dice, None],
        jaccard=[*jaccard, None],
        reference_px=[100, 100, 100, 0],
        predicted_px=[100, 100, 100, 0],
        intersection_px=[*(round(100 * value) for value in dice), 0],
    )
    spent = frames if frames is not None else (1 if video else 3)
    return CaseResult(
        case=Case(dataset, volume, model, strategy),
        status=status,
        message="mean Dice 0.883 is below 0.9" if status == "failed" else "",
        modality="CT",
        target="lungs",
        phantom=phantom,
        floor=Floor(0.5, 0.4, "floors.toml"),
        scores=Scores(
            **means(per_slice)._asdict(),
            slices=4,
            slices_nonempty=3,
            slices_empty_painted=0,
            false_positive_empty_voxels=0,
            false_positive_empty_ml=0.0,
            per_slice=per_slice,
        ),
        timings_s={"read": [0.5], "embed": list(embed_s), ("propagate" if video else "predict"): list(decode_s)},
        shared_stages=["read", "embed"] if shared else [],
        warmups={"embed": 1},
        peak_memory_bytes={"cuda": None},
        prompts={
            "1": {
                "size_yx": [64, 64],
                "points_xy": [[10.0, 20.0], [40.0, 20.0], [25.0, 20.0]],
                "labels": [1, 1, 0],
                "box_xyxy": [5.0, 5.0, 50.0, 50.0],
            },
        },
        prompts_spent=PromptsSpent(frames=spent, points=3 * spent, boxes=spent, masks=0, frames_if_every_slice=3),
        digests={"data": "d" * 64, "prompts": "e" * 64, "weights": "a" * 64} if digests is None else digests,
        details={"direction": "both" if video else "none"},
    )


def rescored(case: CaseResult, **slices: list[Any]) -> CaseResult:
    """Return a case with other lists of its slices, and the scores of the volume that follow from them."""
    assert case.scores is not None
    per_slice = replace(case.scores.per_slice, **slices)
    return replace(case, scores=replace(case.scores, **means(per_slice)._asdict(), per_slice=per_slice))


def latency_row(fullname: str = "benchmark/test_latency.py::test_reload[model-a]") -> dict[str, Any]:
    """Return what pytest-benchmark hands out for one latency case, numbers of its own included."""
    from bench_cases.report.benchmark_rows import statistics

    return {
        "group": "reload",
        "name": fullname.rpartition("::")[2],
        "fullname": fullname,
        "param": "model-a",
        "params": {"model": "model-a", "device": "cpu"},
        "stats": statistics([0.5, 0.6, 0.7]),
        "extra_info": {"read_s": 0.1},
        "options": {"warmup": False},
    }
