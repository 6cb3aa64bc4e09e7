"""Where a slice lies: its place in the structure, and its distance from the prompt."""

from __future__ import annotations

from collections.abc import Sequence

from bench_cases.cases import CaseResult, SliceScores
from bench_cases.findings import VolumeShape


def place_in_structure(index: Sequence[int], first: int, last: int) -> list[float | None]:
    """Return the normalised position of slices: 0 at the first that carries the target, 1 at the last.

    None outside, and where only one slice carries the target, which would be both. Gutiérrez et al. (2025) plot their
    metrics against such a position.

    >>> place_in_structure([1, 2, 4, 6, 7], first=2, last=6)
    [None, 0.0, 0.5, 1.0, None]
    """
    depth = last - first
    return [(z - first) / depth if depth > 0 and first <= z <= last else None for z in index]


def distance_from(index: Sequence[int], origins: Sequence[int]) -> list[int | None]:
    """Return the distance of slices from the nearest of `origins`, in slices; None where there are none.

    >>> distance_from([0, 3, 9], [2, 8]), distance_from([0, 3], [])
    ([2, 1, 1], [None, None])
    """
    return [min((abs(z - origin) for origin in origins), default=None) for z in index]


def positions(scores: SliceScores, shape: VolumeShape | None) -> list[float | None]:
    """Return the place of each scored slice in the structure.

    Its ends are the volume's own, because a slice that is left out of the scores may be one of them; in a report that
    does not have these, those of the slices that were scored.
    """
    if shape is not None:
        return place_in_structure(scores.index, shape.first_with_target, shape.last_with_target)
    scored = [z for z, pixels in zip(scores.index, scores.reference_px, strict=True) if pixels]
    return place_in_structure(scores.index, min(scored, default=0), max(scored, default=0))


def distances(scores: SliceScores, result: CaseResult) -> list[int | None]:
    """Return the distance of each scored slice from the nearest prompted one.

    When a frame of another volume was prompted, from the slice at which the walk begins; None in image mode.
    """
    return distance_from(scores.index, () if result.failures is None else result.failures.measured_from)
