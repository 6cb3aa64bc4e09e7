"""How a propagated prompt goes wrong: the three failures that Chakrabarty and Soni (2026) tell apart.

Chakrabarty & Soni, "Comparing SAM 2 and SAM 3 for zero-shot segmentation of 3D medical data", MIDL 2026: a model may
paint too much on the very frame that was prompted, go on painting after the structure has ended, or lose the structure
with growing distance from the prompt. The numbers by which these are measured here are this project's own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench_cases.errors import DataError
from bench_cases.findings import PastEnd, PropagationFailures
from bench_cases.metrics import count_px, dice
from bench_cases.volume import must_be_of_one_shape


def propagation_failures(
    reference_zyx: NDArray[np.bool_],
    predicted_zyx: NDArray[np.bool_],
    *,
    prompted: Sequence[int],
    starts_at: int,
    spacing_zyx_mm: Sequence[float] | None = None,
    leave_out: Sequence[int] = (),
) -> PropagationFailures:
    """Measure what went wrong when a prompt was propagated through a volume.

    Parameters
    ----------
    reference_zyx, predicted_zyx
        Boolean masks of shape ``(Z, Y, X)``.
    prompted
        Slices of this volume that carried a prompt; none when a frame of another volume did.
    starts_at
        Slice at which the walk begins: distances are counted from there when no slice of the volume was prompted.
    spacing_zyx_mm
        Voxel size, for areas and distances in millimetres; None where it is not known.
    leave_out
        Slices that take no part in the retention (those prompted with their own reference mask).

    Raises
    ------
    DataError
        When shapes differ, no slice carries the target, or a slice named lies outside the volume.

    Examples
    --------
    Four slices of one pixel, the target on the first two, prompted on the first: the paint goes on for one slice.

    >>> reference = np.array([1, 1, 0, 0], bool).reshape(4, 1, 1)
    >>> predicted = np.array([1, 1, 1, 0], bool).reshape(4, 1, 1)
    >>> propagation_failures(reference, predicted, prompted=[0], starts_at=0).past_last
    PastEnd(slices=2, painted=1, share=0.5, painted_px=1, painted_mm2=None, reach=1)
    """
    _refuse_misfits(reference_zyx, predicted_zyx, [*prompted, starts_at])
    reference_px = count_px(reference_zyx)
    predicted_px = count_px(predicted_zyx)
    common_px = count_px(map(np.logical_and, reference_zyx, predicted_zyx))
    with_target = np.flatnonzero(reference_px)
    first, last = int(with_target[0]), int(with_target[-1])
    pixel_mm2 = None if spacing_zyx_mm is None else float(spacing_zyx_mm[1] * spacing_zyx_mm[2])

    at = sorted(set(prompted))
    measured_from = at or [starts_at]
    kept = [int(z) for z in with_target if z not in set(leave_out)]
    distance = np.array([min(abs(z - origin) for origin in measured_from) for z in kept], float)
    score = np.array([dice(int(common_px[z]), int(reference_px[z]), int(predicted_px[z])) for z in kept], float)
    slope = _slope(distance, score)
    farthest = int(distance.max()) if kept else None
    near = distance <= distance.max() / 2 if kept else np.zeros(0, bool)
    return PropagationFailures(
        prompted=at,
        measured_from=measured_from,
        over_segmentation=_share(int((predicted_px - common_px)[at].sum()), int(reference_px[at].sum())),
        past_first=_past_end(predicted_px[:first][::-1], pixel_mm2),
        past_last=_past_end(predicted_px[last + 1 :], pixel_mm2),
        slope_per_slice=slope,
        slope_per_mm=None if slope is None or spacing_zyx_mm is None else slope / float(spacing_zyx_mm[0]),
        farthest=farthest,
        dice_near=float(score[near].mean()) if near.any() else None,
        dice_far=float(score[~near].mean()) if (~near).any() else None,
    )


def _refuse_misfits(reference_zyx: NDArray[np.bool_], predicted_zyx: NDArray[np.bool_], named: Sequence[int]) -> None:
    must_be_of_one_shape(reference_zyx, predicted_zyx)
    if not reference_zyx.any():
        msg = (
            f"none of the {len(reference_zyx)} slices carries the target, so nothing could be propagated; expected at "
            "least one. Check the labels, or leave the volume out by name."
        )
        raise DataError(msg)
    outside = [z for z in named if not 0 <= z < len(reference_zyx)]
    if outside:
        msg = f"slice {outside[0]} was named; expected one of 0 to {len(reference_zyx) - 1}, counted as held."
        raise DataError(msg)


def _past_end(painted_px: NDArray[np.int64], pixel_mm2: float | None) -> PastEnd:
    """Describe the slices past one end of the structure, the one next to it first."""
    painted = painted_px > 0
    area = int(painted_px.sum())
    return PastEnd(
        slices=len(painted),
        painted=int(painted.sum()),
        share=_share(int(painted.sum()), len(painted)),
        painted_px=area,
        painted_mm2=None if pixel_mm2 is None else area * pixel_mm2,
        reach=len(painted) if painted.all() else int(np.argmin(painted)),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> float | None:
    """Slope of the ordinary least-squares line; None when all `x` are the same."""
    if not len(x) or x.min() == x.max():
        return None
    centred = x - x.mean()
    return float(centred @ (y - y.mean()) / (centred @ centred))
