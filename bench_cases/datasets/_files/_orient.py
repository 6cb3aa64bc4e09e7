"""Two ways to hold a slice: as the file has it, which is what the studies did, and as a radiologist expects it."""

from __future__ import annotations

import dataclasses
from typing import Literal

import numpy as np

from bench_cases.datasets._files._scan import ScanImage, refusal

Orientation = Literal["stored", "radiological"]
ORIENTATIONS: tuple[Orientation, ...] = ("stored", "radiological")

# Where x, y and z point to, in RAS axes (0 left-right, 1 back-front, 2 foot-head), by the axis that is cut into slices.
# The patient's left is on the viewer's right, the front (or, in a side view, the head) is up.
_WANTED = {
    2: ((0, -1), (1, -1), (2, +1)),  # axial: to the left, to the back, and slices towards the head
    1: ((0, -1), (2, -1), (1, -1)),  # coronal: to the left, to the feet, and slices towards the back
    0: ((1, -1), (2, -1), (0, -1)),  # sagittal: to the back, to the feet, and slices towards the left
}


def oriented(scan: ScanImage, orientation: Orientation) -> ScanImage:
    """Turn a scan, with its affine, so that every slice is upright; which axis is cut into slices stays as stored.

    Parameters
    ----------
    orientation
        ``"stored"``: nothing is turned. ``"radiological"``: axial slices with the front up, coronal and sagittal ones
        with the head up; the patient's left is on the right of the picture, the front on the left of a side view.
        An oblique scan goes by the nearest axes. Masks are aligned to the scan that was turned.

    Raises
    ------
    DataError
        When the file does not say how the patient lies.

    Examples
    --------
    A file whose y runs to the front (RAS, as nibabel has it) comes upside down, and is turned.

    >>> from pathlib import Path
    >>> slices = np.array([[[1, 2], [3, 4]]])
    >>> scan = ScanImage(array_zyx=slices, affine_xyz=np.eye(4), spacing_zyx_mm=(1, 1, 1), source=Path("a.nii"))
    >>> oriented(scan, "radiological").array_zyx.tolist()
    [[[4, 3], [2, 1]]]
    """
    if orientation == "stored":
        return scan
    if scan.spacing_zyx_mm is None:
        raise refusal(
            scan.source,
            "it does not say how the patient lies",
            expected="a format with directions (NIfTI, DICOM, NRRD, MetaImage) for orientation = 'radiological'",
            remedy='Set orientation = "stored" in dataset.toml.',
        )
    nearest = _nearest_axes(scan)
    order, reverse = [], []
    for axis, sign in _WANTED[nearest[2]]:
        source = nearest.index(axis)
        order.append(source)
        reverse.append(bool(np.sign(scan.affine_xyz[axis, source]) != sign))
    size = np.array(scan.array_zyx.shape[::-1])
    matrix = np.zeros((4, 4))
    matrix[3, 3] = 1
    for axis, (source, backwards) in enumerate(zip(order, reverse, strict=True)):
        matrix[source, axis] = -1 if backwards else 1
        matrix[source, 3] = size[source] - 1 if backwards else 0
    turned = scan.array_zyx.T.transpose(order)[tuple(slice(None, None, -1 if it else None) for it in reverse)].T
    spacing_xyz = scan.spacing_zyx_mm[::-1]
    x, y, z = (spacing_xyz[source] for source in order)
    names = scan.slice_files[::-1] if reverse[2] else scan.slice_files
    return dataclasses.replace(
        scan,
        array_zyx=np.ascontiguousarray(turned),
        affine_xyz=scan.affine_xyz @ matrix,
        spacing_zyx_mm=(z, y, x),
        slice_files=names,
    )


def _nearest_axes(scan: ScanImage) -> list[int]:
    """RAS axis nearest to each of x, y, z; each once: the best match is taken first."""
    cosines = np.abs(scan.affine_xyz[:3, :3] / np.linalg.norm(scan.affine_xyz[:3, :3], axis=0))
    nearest = [-1, -1, -1]
    for _ in range(3):
        axis, source = np.unravel_index(int(np.argmax(cosines)), cosines.shape)
        nearest[int(source)] = int(axis)
        cosines[axis, :] = -1
        cosines[:, source] = -1
    return nearest
