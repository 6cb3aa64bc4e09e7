"""Made-up studies of several models over several volumes of many slices, and the published per-volume numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bench_cases.cases import Case, CaseResult, Scores, SliceScores
from bench_cases.findings import VolumeShape
from bench_cases.metrics import means
from bench_cases.report import Journal, Report, load, write_report
from tests.report.report_examples import HEADER, TAIL, result

# Gutiérrez et al. 2025, SAM ViT-L, recomputed from the study's raw scores: slices with lung, Jaccard, Dice per volume.
CORONACASES = {
    "001": (227, 0.9280, 0.9587), "002": (176, 0.9223, 0.9551), "003": (150, 0.8523, 0.9010),
    "004": (251, 0.9478, 0.9727), "005": (270, 0.9234, 0.9544), "006": (180, 0.9261, 0.9598),
    "007": (219, 0.9192, 0.9555), "008": (249, 0.9283, 0.9588), "009": (222, 0.9056, 0.9435),
    "010": (212, 0.9105, 0.9485),
}  # fmt: skip
RADIOPAEDIA = {
    "10_85902_1": (33, 0.8095, 0.8644), "10_85902_3": (354, 0.9232, 0.9568), "14_85914_0": (108, 0.9400, 0.9676),
    "27_86410_0": (55, 0.8727, 0.9206), "29_86490_1": (30, 0.7847, 0.8319), "29_86491_1": (39, 0.9074, 0.9463),
    "36_86526_0": (45, 0.9617, 0.9805), "40_86625_0": (77, 0.8324, 0.8959), "4_85506_1": (32, 0.8379, 0.8976),
    "7_85703_0": (44, 0.9406, 0.9684),
}  # fmt: skip


def scored(
    volume: str,
    dice: Iterable[float],
    *,
    model: str = "model-a",
    dataset: str = "coronacases",
    strategy: str = "every.composite",
    jaccard: Sequence[float] | None = None,
    sizes: Sequence[int] | None = None,
    thickness_mm: float = 1.0,
    similarity: float = 0.9,
    **more: Any,
) -> CaseResult:
    """Return a case with one slice a Dice, all of them with the target."""
    base = result(volume, dataset=dataset, model=model, strategy=strategy, phantom=False, **more)
    if base.status == "error":
        return base
    values = [float(value) for value in dice]
    jaccards = [value / (2 - value) for value in values] if jaccard is None else [float(value) for value in jaccard]
    area = list(sizes) if sizes is not None else [100] * len(values)
    per_slice = SliceScores(
        index=list(range(len(values))),
        dice=[*values],
        jaccard=[*jaccards],
        reference_px=area,
        predicted_px=area,
        intersection_px=[round(value * px) for value, px in zip(values, area, strict=True)],
    )
    return replace(
        base,
        case=Case(dataset, volume, model, strategy),
        digests={"data": f"{volume:d>64}", "prompts": "e" * 64, "weights": "a" * 64},
        scores=Scores(
            **means(per_slice)._asdict(),
            slices=len(values),
            slices_nonempty=len(values),
            slices_empty_painted=0,
            false_positive_empty_voxels=0,
            false_positive_empty_ml=0.0,
            per_slice=per_slice,
        ),
        volume_shape=VolumeShape(
            slices=len(values),
            slices_with_target=len(values),
            first_with_target=0,
            last_with_target=len(values) - 1,
            thickness_mm=thickness_mm,
            neighbours=len(values) - 1,
            similarity_mean=similarity,
            similarity_min=similarity,
        ),
    )


def published(model: str, table: Mapping[str, tuple[int, float, float]], dataset: str) -> list[CaseResult]:
    """Return the study's volumes, each of its slices at its volume's mean."""
    return [
        scored(volume, [dice] * slices, jaccard=[jaccard] * slices, model=model, dataset=dataset)
        for volume, (slices, jaccard, dice) in table.items()
    ]


def study(
    models: Mapping[str, float],
    *,
    volumes: int = 6,
    slices: int = 12,
    sd: float = 0.02,
    seed: int = 0,
    **more: Any,
) -> list[CaseResult]:
    """Return models whose Dice differs from 0.85 by their bonus; each volume has a level that all models share."""
    generator = np.random.default_rng(seed)
    level = generator.normal(0, 0.03, volumes)
    return [
        scored(
            f"v{number:02}",
            np.clip(0.85 + bonus + level[number] + generator.normal(0, sd, slices), 0, 1),
            model=model,
            sizes=[100 + 10 * z for z in range(slices)],
            thickness_mm=1.0 + number,
            similarity=0.8 + 0.01 * number,
            **more,
        )
        for model, bonus in models.items()
        for number in range(volumes)
    ]


def written(
    path: Path,
    results: Sequence[CaseResult],
    *,
    complete: bool = True,
    header: Mapping[str, Any] | None = None,
    tail: Mapping[str, Any] | None = None,
) -> Report:
    """Write results as a report, and read it back; each is a run of its own."""
    told = header or HEADER
    run_id = hashlib.sha256(str(path).encode()).hexdigest()[:32]
    with Journal.open(path, {**told, "run": {**told["run"], "id": run_id}}) as journal:
        for entry in results:
            journal.append("case", entry.to_json())
        write_report(path, journal, tail={**(tail or TAIL), "run": {"complete": complete, "exit_status": 0}})
    return load(path)
