"""What a propagation did, in the words of the report: its passes, their order and memory, and what chose its masks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bench_cases.cases import CaseResult
from bench_cases.engine.foreign_seed import ForeignSeed
from bench_cases.engine.oracle import ORACLE, Oracle
from bench_cases.engine.passes import Pass
from bench_cases.volume import Volume


def describe_passes(passes: Sequence[Pass]) -> dict[str, Any]:
    """Name the passes in the order made, the memory policy, and the frames that were put between slices."""
    facts: dict[str, Any] = {
        "pass_order": [walk.name for walk in passes],
        "passes": [_walked(walk) for walk in passes],
        "starts_at": passes[0].starts_at,
        "memory": "one for each pass",  # as after a reset: no pass sees what another left behind
    }
    added = sum(walk.between for walk in passes)
    return {**facts, "frames_between_walked": added} if added else facts


def describe_order(volume: Volume, passes: Sequence[Pass]) -> dict[str, Any]:
    """Name the images of an unordered set in the order that they had as a video; nothing for slices of one body."""
    if volume.ordered or volume.n_slices == 1:
        return {}
    names = volume.image_ids or tuple(str(z + volume.slice_offset) for z in range(volume.n_slices))
    ranked = passes[0].ranked
    if not ranked:
        return {"order": {"by": "listed", "images": list(names)}}
    return {
        "order": {
            "by": "similar",
            "images": [names[image.place] for image in ranked],
            "similarity": [image.similarity for image in ranked],
        }
    }


def describe_oracle(oracles: Sequence[Oracle]) -> dict[str, Any]:
    """Say that masks were chosen by the reference, on how many frames there was a choice, and what was remembered."""
    if not oracles:
        return {}
    return {
        "upper_bound": ORACLE,
        "oracle": {
            "frames_with_candidates": sum(oracle.asked for oracle in oracles),
            "frames_walked": sum(len(oracle.keys) for oracle in oracles),
            "memory": "holds the candidate taken",
            "elsewhere": "the only mask; on frames without a reference of this volume, the model's own choice",
        },
    }


def describe_seed(seed: ForeignSeed, volume: Volume) -> dict[str, Any]:
    """Say where a foreign frame comes from."""
    return {
        "seed": {
            "dataset": seed.dataset,
            "volume": seed.volume,
            "slice": seed.slice_index,
            "size_yx": list(seed.frame.shape[:2]),
            "own_volume": seed.comes_from(volume),
            "sha256": seed.digest(),
        }
    }


def seeds_of_first_volumes(results: Iterable[CaseResult]) -> dict[str, str]:
    """Return the volume that results had a dataset's one prompt from, by name without target; stored seeds left out."""
    seeds = (result.details.get("seed", {}) for result in results)
    return {
        seed["dataset"].partition(":")[0]: seed["volume"]
        for seed in seeds
        if seed.get("volume") is not None and "library" not in seed
    }


def _walked(walk: Pass) -> str:
    """Name a pass, frames put in front first: ``seed, 17..0``."""
    front = ["seed" if key < 0 else str(key) for key in walk.keys[: walk.lead]]
    own = walk.keys[walk.lead :]
    if walk.ranked:
        return ", ".join([*front, f"{len(own)} images by similarity"])
    steps = f" in steps of {abs(own[1] - own[0])}" if walk.between else ""
    return ", ".join([*front, f"{own[0]}..{own[-1]}{steps}"])
