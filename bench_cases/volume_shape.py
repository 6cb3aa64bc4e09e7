"""Depth of a volume and how much it changes from slice to slice, so that scores can be related to both.

Dong et al. (2024, arXiv 2408.00756) leave open how depth and slice-to-slice change bear on propagation; this is what
one needs to ask.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bench_cases.errors import DataError
from bench_cases.findings import VolumeShape
from bench_cases.frames import FrameSequence
from bench_cases.volume import Volume


def normalised_cross_correlation(a_yx: NDArray[np.generic], b_yx: NDArray[np.generic]) -> float:
    """Correlate two slices at zero shift, means taken off: Pearson's r over the pixels; NaN when one is constant.

    Raises
    ------
    DataError
        When the slices differ in shape.

    Examples
    --------
    >>> normalised_cross_correlation(np.array([[0, 1], [2, 3]]), np.array([[1, 3], [5, 7]]))
    1.0
    """
    if a_yx.shape != b_yx.shape:
        msg = f"slices of shapes {a_yx.shape} and {b_yx.shape}; expected the same shape (Y, X)."
        raise DataError(msg)
    a, b = (it.astype(np.float64).ravel() for it in (a_yx, b_yx))
    if a.min() == a.max() or b.min() == b.max():
        return math.nan
    a -= a.mean()
    b -= b.mean()
    return float(np.clip(a @ b / math.sqrt((a @ a) * (b @ b)), -1, 1))


def volume_shape(volume: Volume) -> VolumeShape:
    """Describe a volume as held: depth, spacing, and the similarity of neighbouring slices that carry the target.

    Grey values are those of the prepared frames (windowed and scaled, never passed through JPEG): what a model sees.

    Raises
    ------
    DataError
        When no slice carries the target.
    """
    with_target = [int(z) for z in volume.nonempty_slices()]
    if not with_target:
        of, remedy = f"its {volume.n_slices} slices", "Check the labels, or leave the volume out by name"
        if volume.n_slices < volume.source_slices:
            of, remedy = f"the {volume.n_slices} slices read of it", "Read more with a larger --sam-limit-slices"
        msg = f"{volume.dataset}/{volume.id}: none of {of} carries {volume.target}; expected at least one. {remedy}."
        raise DataError(msg)
    frames = FrameSequence(volume=volume)
    similarities: list[float] = []
    before: tuple[int, NDArray[np.uint8]] | None = None
    for z in with_target:
        grey_yx = frames[z][..., 0]
        if before is not None and before[0] == z - 1:
            similarities.append(normalised_cross_correlation(before[1], grey_yx))
        before = (z, grey_yx)
    defined = [value for value in similarities if not math.isnan(value)]
    return VolumeShape(
        slices=volume.n_slices,
        slices_with_target=len(with_target),
        first_with_target=with_target[0],
        last_with_target=with_target[-1],
        thickness_mm=None if volume.spacing_zyx_mm is None else float(volume.spacing_zyx_mm[0]),
        neighbours=len(defined),
        similarity_mean=float(np.mean(defined)) if defined else None,
        similarity_min=min(defined, default=None),
    )
