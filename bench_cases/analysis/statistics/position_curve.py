"""Score against the normalised position of a slice, and where the best slices lie (Gutiérrez et al. 2025)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class PositionBin(NamedTuple):
    """Slices between two positions; `mean` is None where there is none."""

    start: float
    end: float
    n: int
    mean: float | None


class BestSlices(NamedTuple):
    """The best share of all slices: how many, the least score among them, and the range of positions they lie in."""

    share: float
    n: int
    least: float
    first: float
    last: float
    median: float


def position_bins(positions: Sequence[float], scores: Sequence[float], *, bins: int = 10) -> list[PositionBin]:
    """Return the mean score in equal parts of the structure, position 0 its first slice and 1 its last.

    >>> [part.mean for part in position_bins([0.0, 0.4, 0.6, 1.0], [0.5, 0.9, 0.7, 0.3], bins=2)]
    [0.7, 0.5]
    """
    at, score = _defined(positions, scores)
    part = np.minimum((at * bins).astype(int), bins - 1)
    found = []
    for number in range(bins):
        inside = score[part == number]
        mean = float(inside.mean()) if len(inside) else None
        found.append(PositionBin(number / bins, (number + 1) / bins, len(inside), mean))
    return found


def best_slices(positions: Sequence[float], scores: Sequence[float], share: float) -> BestSlices | None:
    """Return where the best `share` of slices lies, at least one slice; ties go to the slice nearest the middle.

    Gutiérrez et al. (2025) draw the ranges of the best 1 % and 2 % beside the curve, to ask whether the middle slice is
    a good one to prompt. None without slices.

    >>> best_slices([0.0, 0.4, 0.6, 1.0], [0.5, 0.9, 0.7, 0.3], share=0.5)
    BestSlices(share=0.5, n=2, least=0.7, first=0.4, last=0.6, median=0.5)
    """
    at, score = _defined(positions, scores)
    if not len(at):
        return None
    n = max(1, round(share * len(at)))
    chosen = np.lexsort((np.abs(at - 0.5), -score))[:n]
    where = at[chosen]
    return BestSlices(
        share, n, float(score[chosen].min()), float(where.min()), float(where.max()), float(np.median(where))
    )


def _defined(positions: Sequence[float], scores: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    pairs = [
        (at, score) for at, score in zip(positions, scores, strict=True) if math.isfinite(at) and math.isfinite(score)
    ]
    array = np.array(pairs, float).reshape(-1, 2)
    return array[:, 0], array[:, 1]
