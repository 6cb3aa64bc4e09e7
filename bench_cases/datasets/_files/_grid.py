"""Bringing a mask into its image's array order, through physical space."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files._scan import ScanImage, shown
from bench_cases.errors import DataError

TOLERANCE_VOXELS = 0.05
"""Corners of image and mask may differ by this much along any axis: rounding in headers, far below a voxel."""


def align_mask(image: ScanImage, mask: ScanImage, *, affine_trusted: bool = True) -> NDArray[np.generic]:
    """Return the mask's voxels in the array order of the image.

    The grids must be the same in physical space, up to reversed axes: a mask stored with ``y`` upside down and an
    affine that says so is turned over; array order alone would put it on the wrong organ without a word.

    Parameters
    ----------
    affine_trusted
        False for sets whose affines are known to be wrong: then only the shapes are compared.

    Returns
    -------
    numpy.ndarray
        Shape of the image ``(Z, Y, X)``, the mask's own dtype.

    Raises
    ------
    DataError
        When shapes differ, or when corners disagree by more than `TOLERANCE_VOXELS`, with the distance in mm.
    """
    pair = f"image {shown(image.source)} and mask {shown(mask.source)}"
    if image.array_zyx.shape != mask.array_zyx.shape:
        sizes = [" x ".join(map(str, scan.array_zyx.shape[::-1])) for scan in (image, mask)]
        msg = (
            f"{pair}: the image has {sizes[0]} voxels and the mask {sizes[1]} (x, y, z); expected the same grid. "
            "Resample the mask onto the image's grid with nearest-neighbour interpolation, or pair the right files."
        )
        raise DataError(msg)
    if not affine_trusted or image.spacing_zyx_mm is None or mask.spacing_zyx_mm is None:
        return mask.array_zyx
    size_xyz = np.array(image.array_zyx.shape[::-1])
    corners = np.array([(*corner, 1) for corner in itertools.product(*((0, size - 1) for size in size_xyz))]).T
    flips, gap_voxels, gap_mm = min(
        (_disagreement(image, mask, flips, corners, size_xyz) for flips in itertools.product((False, True), repeat=3)),
        key=lambda candidate: candidate[1],
    )
    if gap_voxels > TOLERANCE_VOXELS:
        along = ", ".join(f"{abs(gap):.1f}" for gap in gap_mm)
        msg = (
            f"{pair}: by their affines they lie up to {np.linalg.norm(gap_mm):.1f} mm apart "
            f"({along} mm along x, y, z); expected the same grid. Resample the mask onto the image's grid or repair "
            "the header that is wrong; if the voxels match in spite of the headers, set affine_trusted = false in "
            "dataset.toml."
        )
        raise DataError(msg)
    reverse = tuple(slice(None, None, -1 if flip else None) for flip in reversed(flips))
    return np.ascontiguousarray(mask.array_zyx[reverse])


def _disagreement(
    image: ScanImage,
    mask: ScanImage,
    flips_xyz: tuple[bool, ...],
    corners: NDArray[np.int_],
    size_xyz: NDArray[np.int_],
) -> tuple[tuple[bool, ...], float, NDArray[np.float64]]:
    """Compare corners after reversing axes: flips, largest gap in voxels along an axis, largest gap in mm (x, y, z)."""
    turn = np.diag([*(-1.0 if flip else 1.0 for flip in flips_xyz), 1.0])
    turn[:3, 3] = [size - 1 if flip else 0 for flip, size in zip(flips_xyz, size_xyz, strict=True)]
    theirs = mask.affine_xyz @ turn @ corners
    ours = image.affine_xyz @ corners
    gaps_mm = (theirs - ours)[:3]
    gaps_voxels = np.linalg.inv(image.affine_xyz)[:3, :3] @ gaps_mm
    worst = int(np.argmax(np.linalg.norm(gaps_mm, axis=0)))
    return flips_xyz, float(np.abs(gaps_voxels).max()), gaps_mm[:, worst]
