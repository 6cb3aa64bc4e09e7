"""Dice and Jaccard, slice by slice and over the volume, under both policies for empty slices.

Definitions: Dice ``2 |A and B| / (|A| + |B|)``, Jaccard ``|A and B| / |A or B|``. Where both masks are empty neither
is defined; such slices are named (None), never counted as 0 or 1. Zero is a score and is never dropped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench_cases.cases import Scores, SliceScores
from bench_cases.errors import DataError
from bench_cases.volume import must_be_of_one_shape


def dice(intersection: float, reference: float, predicted: float) -> float:
    """Dice from counts; NaN when both masks are empty.

    >>> dice(intersection=3, reference=4, predicted=4)
    0.75
    """
    total = reference + predicted
    return 2 * intersection / total if total else math.nan


def jaccard(intersection: float, reference: float, predicted: float) -> float:
    """Jaccard index from counts; NaN when both masks are empty.

    >>> jaccard(intersection=3, reference=4, predicted=4)
    0.6
    """
    union = reference + predicted - intersection
    return intersection / union if union else math.nan


def score(
    reference_zyx: NDArray[np.bool_],
    predicted_zyx: NDArray[np.bool_],
    *,
    spacing_zyx_mm: Sequence[float] | None = None,
    leave_out: Sequence[int] = (),
) -> Scores:
    """Score the predicted masks of one volume.

    Parameters
    ----------
    reference_zyx, predicted_zyx
        Boolean masks of shape ``(Z, Y, X)``.
    spacing_zyx_mm
        Voxel size, to state the false-positive volume in millilitres; None where it is not known.
    leave_out
        Slices not to score (a slice prompted with its own reference mask).

    Raises
    ------
    DataError
        When shapes differ, or no slice that is to be scored carries the target.
    """
    must_be_of_one_shape(reference_zyx, predicted_zyx)
    left_out = set(leave_out)
    index = [z for z in range(len(reference_zyx)) if z not in left_out]
    reference = count_px(reference_zyx[z] for z in index)
    predicted = count_px(predicted_zyx[z] for z in index)
    intersection = count_px(reference_zyx[z] & predicted_zyx[z] for z in index)
    if not reference.any():
        msg = (
            f"none of the {len(index)} slices to be scored carries the target, so there is no Dice to speak of; "
            "expected at least one. Check the labels, or leave the volume out by name."
        )
        raise DataError(msg)

    counts = list(zip(intersection.tolist(), reference.tolist(), predicted.tolist(), strict=True))
    slice_dice = [dice(*count) for count in counts]
    slice_jaccard = [jaccard(*count) for count in counts]
    empty = reference == 0
    painted = int(predicted[empty].sum())
    voxel_ml = None if spacing_zyx_mm is None else math.prod(spacing_zyx_mm) / 1000
    per_slice = SliceScores(
        index=index,
        dice=[None if math.isnan(value) else value for value in slice_dice],
        jaccard=[None if math.isnan(value) else value for value in slice_jaccard],
        reference_px=reference.tolist(),
        predicted_px=predicted.tolist(),
        intersection_px=intersection.tolist(),
    )
    return Scores(
        **means(per_slice)._asdict(),
        slices=len(index),
        slices_nonempty=int(np.count_nonzero(reference)),
        slices_empty_painted=int((predicted[empty] > 0).sum()),
        false_positive_empty_voxels=painted,
        false_positive_empty_ml=None if voxel_ml is None else painted * voxel_ml,
        per_slice=per_slice,
    )


class Means(NamedTuple):
    """Scores of a volume that follow from those of its slices; NaN where nothing carries the target."""

    dice_nonempty: float
    jaccard_nonempty: float
    dice_all: float
    jaccard_all: float


def means(slices: SliceScores) -> Means:
    """Return the scores of a volume from those of its slices, as they are written and as they are checked on reading.

    Two slices, of which the second is empty in both masks: five pixels each in the first, four of them in common.

    >>> pixels = {"reference_px": [5, 0], "predicted_px": [5, 0], "intersection_px": [4, 0]}
    >>> found = means(SliceScores(index=[0, 1], dice=[0.8, None], jaccard=[2 / 3, None], **pixels))
    >>> found.dice_nonempty, found.dice_all
    (0.8, 0.8)
    """
    carrying = [z for z, reference_px in enumerate(slices.reference_px) if reference_px]
    total = (sum(slices.intersection_px), sum(slices.reference_px), sum(slices.predicted_px))
    return Means(
        dice_nonempty=_mean([slices.dice[z] for z in carrying]),
        jaccard_nonempty=_mean([slices.jaccard[z] for z in carrying]),
        dice_all=dice(*total),
        jaccard_all=jaccard(*total),
    )


def _mean(values: Sequence[float | None]) -> float:
    """Return the mean of slices that carry the target, each of which has a score; NaN of none."""
    if not values or None in values:
        return math.nan
    return float(np.mean(values))  # type: ignore[arg-type]  # None was looked for above


def count_px(masks_yx: Iterable[NDArray[np.bool_]]) -> NDArray[np.int64]:
    """Count the pixels of each mask: slice by slice, which copies no volume and reads each slice from the cache."""
    return np.array([np.count_nonzero(mask_yx) for mask_yx in masks_yx], np.int64)
