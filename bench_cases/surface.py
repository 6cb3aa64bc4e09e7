"""Surface metrics of a volume: HD95 and the normalised surface Dice, in millimetres.

Both are computed by DeepMind's ``surface-distance``, the implementation of those who defined the normalised surface
Dice (Nikolov et al. 2021, doi:10.2196/26151): it weights each piece of surface by its area, where counting voxels would
weigh the thick slices of a CT wrongly. MONAI gives the same numbers; to import it takes far longer.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from bench_cases.errors import ConfigError, DataError
from bench_cases.findings import SurfaceScores
from bench_cases.volume import Volume, must_be_of_one_shape

TOLERANCE_MM = 1.0
"""Tolerance when none is stated: about the spacing in the plane of the CT sets."""


_BYTES_A_VOXEL: Final = 64
"""What the library takes for a voxel of the box around both masks, as measured on smooth bodies: distances and areas in
64 bits. Noise, which is surface everywhere, takes four times that."""


def surface_of(
    volume: Volume,
    predicted_zyx: NDArray[np.bool_],
    tolerance_mm: float | None,
    leave_out: Sequence[int],
    *,
    room_bytes: int | None = None,
) -> SurfaceScores | None:
    """Return the surface metrics of a volume; None when no tolerance was asked for. See `surface_scores`."""
    if tolerance_mm is None:
        return None
    return surface_scores(
        volume.reference_zyx,
        predicted_zyx,
        spacing_zyx_mm=volume.spacing_zyx_mm,
        tolerance_mm=tolerance_mm,
        leave_out=leave_out,
        room_bytes=room_bytes,
    )


def surface_scores(
    reference_zyx: NDArray[np.bool_],
    predicted_zyx: NDArray[np.bool_],
    *,
    spacing_zyx_mm: Sequence[float] | None,
    tolerance_mm: float = TOLERANCE_MM,
    leave_out: Sequence[int] = (),
    room_bytes: int | None = None,
) -> SurfaceScores:
    """Measure the distance between the surfaces of two masks.

    Policy for what is empty or unknown: without a prediction the NSD is 0 (none of the reference's surface was found)
    and HD95 is undefined, for there is nothing to measure to; it is left out of means by name, so read the two
    together. Without spacing, or where slices are left out of the scores, both are undefined. A volume of one
    slice is measured by its contour. Where the memory would not do, both are undefined, and the reason says so.

    Parameters
    ----------
    reference_zyx, predicted_zyx
        Boolean masks of shape ``(Z, Y, X)``.
    spacing_zyx_mm
        Voxel size; None where it is not known.
    tolerance_mm
        Surface nearer than this counts as found.
    leave_out
        Slices that are not scored.
    room_bytes
        Memory that may be taken; None for as much as it takes.

    Raises
    ------
    ConfigError
        When ``surface-distance`` is not installed.
    DataError
        When shapes differ, or the reference is empty.
    """
    must_be_of_one_shape(reference_zyx, predicted_zyx)
    if not reference_zyx.any():
        msg = "the reference is empty, so it has no surface; expected a target. Check the labels."
        raise DataError(msg)
    if spacing_zyx_mm is None:
        return _undefined(tolerance_mm, "the spacing is not known")
    if leave_out:
        return _undefined(tolerance_mm, f"{len(leave_out)} slices are left out of the scores, which cuts the surface")
    if not predicted_zyx.any():
        return SurfaceScores(tolerance_mm=tolerance_mm, hd95_mm=None, nsd=0.0, undefined="nothing was predicted")
    metrics = _library()
    spacing = tuple(map(float, spacing_zyx_mm))
    # The library cuts the box out too, after it has joined the masks of the whole volume.
    box = _box(reference_zyx, predicted_zyx)
    masks = reference_zyx[box], predicted_zyx[box]
    needed = masks[0].size * _BYTES_A_VOXEL
    if room_bytes is not None and needed > room_bytes:
        return _undefined(tolerance_mm, f"it takes about {needed} bytes of memory, and {room_bytes} may be taken")
    if len(reference_zyx) == 1:
        # A radiograph has a contour; taken as a slab, its two faces would be surface that is always found.
        masks, spacing = (masks[0][0], masks[1][0]), spacing[1:]
    with warnings.catch_warnings():
        # It calls SciPy by a name that SciPy 2 takes away: the extra asks for SciPy below 2 until it no longer does.
        warnings.simplefilter("ignore", DeprecationWarning)
        distances = metrics.compute_surface_distances(*masks, spacing)
    hd95_mm = float(metrics.compute_robust_hausdorff(distances, 95))
    return SurfaceScores(
        tolerance_mm=tolerance_mm,
        hd95_mm=hd95_mm if math.isfinite(hd95_mm) else None,
        nsd=float(metrics.compute_surface_dice_at_tolerance(distances, tolerance_mm)),
        undefined="" if math.isfinite(hd95_mm) else "the distance is infinite",
    )


def require_library() -> None:
    """Say at once, before a volume was segmented, that the library is not there.

    Raises
    ------
    ConfigError
        When ``surface-distance`` is not installed.
    """
    from importlib.util import find_spec

    if find_spec("surface_distance") is None:
        raise ConfigError(_ABSENT)


_ABSENT = (
    "--sam-surface needs the package surface-distance, which is not installed; expected sambench with its extra. "
    "Run in the checkout: pip install -e '.[surface]'"
)


def _box(*masks_zyx: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    """Return the smallest box that holds all of some masks, of which one is not empty."""
    along_z = np.logical_or.reduce([mask.any(axis=(1, 2)) for mask in masks_zyx])
    plane_yx = np.logical_or.reduce([mask.any(axis=0) for mask in masks_zyx])
    z, y, x = (np.flatnonzero(it) for it in (along_z, plane_yx.any(axis=1), plane_yx.any(axis=0)))
    return slice(z[0], z[-1] + 1), slice(y[0], y[-1] + 1), slice(x[0], x[-1] + 1)


def _library() -> Any:
    try:
        from surface_distance import metrics
    except ImportError as error:
        raise ConfigError(_ABSENT) from error
    return metrics


def _undefined(tolerance_mm: float, why: str) -> SurfaceScores:
    return SurfaceScores(tolerance_mm=tolerance_mm, hd95_mm=None, nsd=None, undefined=why)
