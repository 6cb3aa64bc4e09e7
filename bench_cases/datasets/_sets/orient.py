"""Slices as they lie in the file, or as a radiologist expects them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files import ScanImage

RADIOLOGICAL = "LPS"
"""Columns run to the patient's left, rows to the back, slices to the head: nibabel's code for it."""


def radiological(scan: ScanImage, labels_zyx: NDArray[np.uint8]) -> tuple[ScanImage, NDArray[np.uint8]]:
    """Turn image and labels so that slices are axial and upright; the affine is turned with them.

    A mask of the new shape, written with the new affine, overlays the source in any viewer. Only axes are exchanged
    and reversed: no voxel is resampled. Images without geometry are returned as they are.
    """
    if scan.spacing_zyx_mm is None:
        return scan, labels_zyx
    array, affine = to_axes(scan.array_zyx, scan.affine_xyz, RADIOLOGICAL)
    labels, _ = to_axes(labels_zyx, scan.affine_xyz, RADIOLOGICAL)
    x, y, z = (float(size) for size in np.linalg.norm(affine[:3, :3], axis=0))
    turned = replace(scan, array_zyx=array, affine_xyz=affine, spacing_zyx_mm=(z, y, x), slice_files=())
    return turned, labels.astype(np.uint8, copy=False)


def to_axes(
    array_zyx: NDArray[np.generic], affine_xyz: NDArray[np.float64], axes: str
) -> tuple[NDArray[np.generic], NDArray[np.float64]]:
    """Exchange and reverse axes until they run to the directions `axes` names, for instance ``"RAS"``."""
    from nibabel import orientations

    shape_xyz = array_zyx.shape[::-1]
    turn = orientations.ornt_transform(orientations.io_orientation(affine_xyz), orientations.axcodes2ornt(axes))
    array_xyz = orientations.apply_orientation(array_zyx.T, turn)
    affine = affine_xyz @ orientations.inv_ornt_aff(turn, shape_xyz)
    return np.ascontiguousarray(array_xyz.T), np.asarray(affine, np.float64)
