"""Measure the bars of the micro checkpoints: ``python -m bench_cases.models.micro.evaluate sam2 --weights FILE``.

Held-out phantoms always; real scans with ``--real DIR`` (folders of ``image.nii.gz`` and ``mask.nii.gz``), which are
measured and never trained on or selected on.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench_cases.models.micro.architectures import (
    SAM2_MICRO_WEIGHTS,
    SAM_MICRO_WEIGHTS,
    build_sam2_micro,
    build_sam_micro,
)
from bench_cases.models.micro.held_out import Subject, lung_subject, read_folder, subjects_of
from bench_cases.models.micro.predictors import Mask, image_predictor, propagate, segment_slice, set_slice
from bench_cases.models.micro.prompt_rules import TrainingPrompt, composite
from bench_cases.models.micro.weights import load_weights
from bench_cases.phantoms import HELD_OUT_SEEDS, Organ

SQUARE_ZYX, WIDE_ZYX = (40, 256, 256), (40, 168, 256)
Scores = dict[str, Any]


def dice(found: Mask, truth: Mask) -> float:
    """Return the Dice overlap of two masks that are not both empty."""
    return 2 * float((found & truth).sum()) / float(found.sum() + truth.sum())


def every_slice(predictor: Any, subject: Subject) -> list[float]:
    """Prompt every slice that shows the target; return the Dice of each."""
    scores = []
    for z in np.flatnonzero(subject.mask_zyx.any(axis=(1, 2))):
        parts = subject.parts(int(z))
        set_slice(predictor, subject.grey_zyx[z])
        scores.append(dice(segment_slice(predictor, composite(parts)), subject.mask_zyx[z]))
    return scores


def both_ways(model: Any, subject: Subject, seed: Subject | None = None) -> Scores:
    """Prompt once and track to both ends, each half a video of its own; ``seed`` gives a foreign seed frame."""
    middle = len(subject.grey_zyx) // 2
    donor = seed or subject
    at = len(donor.grey_zyx) // 2
    prompt: TrainingPrompt = composite(donor.parts(at))
    frames = list(subject.grey_zyx)
    head = [donor.grey_zyx[at]] if seed else []
    skip = len(head)
    down = propagate(model, head + frames[middle::-1], prompt)[skip:]
    up = propagate(model, head + frames[middle:], prompt)[skip:]
    found = np.stack(down[::-1] + up[1:])
    empty = ~subject.mask_zyx.any(axis=(1, 2))
    painted = int(found[empty].any(axis=(1, 2)).sum())
    return {"dice": dice(found, subject.mask_zyx), "empty": int(empty.sum()), "painted": painted}


def phantom_scores(model: Any, name: str, seeds: range, shape: tuple[int, int, int]) -> Scores:
    """Score one model on held-out phantoms of one shape."""
    predictor = image_predictor(model, name)
    collected: dict[str, list[float]] = {}
    videos: dict[str, list[Scores]] = {"middle": [], "dataset": []}
    first: Subject | None = None
    for seed in seeds:
        subjects = subjects_of(seed, shape)
        for target, subject in subjects.items():
            collected.setdefault(target, []).extend(every_slice(predictor, subject))
        lungs = subjects["lungs"]
        if name == "sam2":
            videos["middle"].append(both_ways(model, lungs))
            if first is not None:
                videos["dataset"].append(both_ways(model, lungs, first))
        first = first or lungs
    out: Scores = {target: _summary(values) for target, values in collected.items()}
    for key, runs in videos.items():
        if runs:
            out[key] = _video_summary(runs)
    return out


def real_scores(model: Any, name: str, folder: Path, read: Callable[[Path], Subject]) -> Scores:
    """Score one model on a folder of scans; the first one gives the foreign seed."""
    predictor = image_predictor(model, name)
    out: Scores = {}
    first: Subject | None = None
    for path in sorted(p for p in folder.iterdir() if p.is_dir()):
        subject = read(path)
        scores: Scores = {"every": _summary(every_slice(predictor, subject))}
        if name == "sam2" and len(subject.grey_zyx) > 1 and subject.parts(len(subject.grey_zyx) // 2):
            scores["middle"] = both_ways(model, subject)
            if first is not None:
                scores["dataset"] = both_ways(model, subject, first)
        out[path.name] = scores
        first = first or subject
    return out


def _summary(values: list[float]) -> Scores:
    return {
        "mean": float(np.mean(values)),
        "p10": float(np.quantile(values, 0.1)),
        "n": len(values),
    }


def _video_summary(runs: list[Scores]) -> Scores:
    values = [run["dice"] for run in runs]
    clean = 1 - sum(run["painted"] for run in runs) / max(sum(run["empty"] for run in runs), 1)
    return {"mean": float(np.mean(values)), "min": float(np.min(values)), "n": len(values), "empty_clean": clean}


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line, measure, print JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=["sam", "sam2"])
    parser.add_argument("--weights", type=Path, help="a safetensors file (default: the one in the package)")
    parser.add_argument("--volumes", type=int, default=6, help="held-out phantoms of each shape")
    parser.add_argument("--first", type=int, default=0, help="first of the held-out seeds to use")
    parser.add_argument("--real", type=Path, help="folder of CT scans, one folder a scan")
    parser.add_argument("--threshold", type=float, default=127, help="mask values above it are the target")
    parser.add_argument("--label", type=int, help="mask value of the target, instead of --threshold")
    parser.add_argument("--no-window", action="store_true", help="MR and X-ray: no HU window before min-max")
    options = parser.parse_args(arguments)

    model = build_sam_micro() if options.model == "sam" else build_sam2_micro()
    default = SAM_MICRO_WEIGHTS if options.model == "sam" else SAM2_MICRO_WEIGHTS
    load_weights(model, options.weights or default)
    scores: Scores = {}
    seeds = HELD_OUT_SEEDS[options.first : options.first + options.volumes]
    if options.volumes:
        scores["square"] = phantom_scores(model, options.model, seeds, SQUARE_ZYX)
        scores["wide"] = phantom_scores(model, options.model, seeds, WIDE_ZYX)
    if options.real:

        def read(path: Path) -> Subject:
            return read_folder(path, threshold=options.threshold, label=options.label, window=not options.no_window)

        scores[options.real.name] = real_scores(model, options.model, options.real, read)
    json.dump(scores, sys.stdout, indent=1)
    sys.stdout.write("\n")


__all__ = ["Organ", "both_ways", "every_slice", "lung_subject", "main", "phantom_scores", "real_scores"]

if __name__ == "__main__":
    main()
