"""Bringing a mask into its image's array order, through physical space."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files._scan import ScanImage, shown
from bench_cases.errors import DataError

TOLERANCE_VOXELS = 0.05
"""Corners of image and mask may differ by this much along any axis: rounding in headers, far below a voxel."""


def align_mask(image: ScanImage, mask: ScanImage, *, affine_trusted: bool = True) -> NDArray[np.generic]:
    """Return the mask's voxels in the array order of the image.

    The grids must be the same in physical space, up to the order and the direction of their axes: a mask stored with
    ``y`` upside down and an affine that says so is turned over; array order alone would put it on the wrong organ
    without a word. A mask that says it is partial (DICOM SEG, which leaves empty slices out) may cover a part of the
    image's grid. Folders of one picture a slice are paired by file names, see `_by_file_name`.

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
    if not affine_trusted or image.spacing_zyx_mm is None or mask.spacing_zyx_mm is None:
        if image.array_zyx.shape != mask.array_zyx.shape:
            raise _shapes_differ(image, mask)
        return _by_file_name(image, mask)
    same_sizes = sorted(image.array_zyx.shape) == sorted(mask.array_zyx.shape)
    if not (mask.partial or same_sizes):
        raise _shapes_differ(image, mask)
    placed = min((_placed(image, mask, turn) for turn in _turns()), key=lambda candidate: candidate.gap_voxels)
    if not (mask.partial or placed.shape_zyx == image.array_zyx.shape):
        raise _shapes_differ(image, mask)
    if placed.gap_voxels > TOLERANCE_VOXELS:
        raise _apart(image, mask, placed)
    turned = _turned(mask.array_zyx, placed.turn)
    if not mask.partial:
        return np.ascontiguousarray(turned)
    return _pasted(image, mask, turned, placed.first_zyx)


class _Turn(NamedTuple):
    """How a mask's axes become the image's: which mask axis lies along each image axis (x, y, z), and which reverse."""

    order: tuple[int, ...]
    reverse: tuple[bool, ...]


class _Placed(NamedTuple):
    """A mask after a turn: where its first voxel falls, how far it is from the image's grid, and its shape."""

    turn: _Turn
    first_zyx: tuple[int, ...]
    gap_voxels: float
    gap_mm: NDArray[np.float64]
    shape_zyx: tuple[int, ...]


def _turns() -> list[_Turn]:
    """All 48 ways; those that keep the order of the axes first, so that they win where voxels are cubes."""
    return [
        _Turn(order, reverse)
        for order in itertools.permutations(range(3))
        for reverse in itertools.product((False, True), repeat=3)
    ]


def _placed(image: ScanImage, mask: ScanImage, turn: _Turn) -> _Placed:
    """Turn the mask and compare its corners with those of the image (of their nearest voxels, if it is partial)."""
    mask_size = np.array(mask.array_zyx.shape[::-1])
    matrix = np.zeros((4, 4))
    matrix[3, 3] = 1
    for axis, (source, reverse) in enumerate(zip(turn.order, turn.reverse, strict=True)):
        matrix[source, axis] = -1 if reverse else 1
        matrix[source, 3] = mask_size[source] - 1 if reverse else 0
    size = mask_size[list(turn.order)]
    corners = np.array([(*corner, 1) for corner in itertools.product(*((0, each - 1) for each in size))]).T
    to_index = np.linalg.inv(image.affine_xyz)
    index = (to_index @ mask.affine_xyz @ matrix @ corners)[:3]
    first = np.round(index[:, 0]) if mask.partial else np.zeros(3)
    ours = corners[:3] + first[:, np.newaxis]
    gaps = index - ours
    gaps_mm = image.affine_xyz[:3, :3] @ gaps
    worst = int(np.argmax(np.linalg.norm(gaps_mm, axis=0)))
    return _Placed(
        turn=turn,
        first_zyx=tuple(int(each) for each in first[::-1]),
        gap_voxels=float(np.abs(gaps).max()),
        gap_mm=gaps_mm[:, worst],
        shape_zyx=tuple(int(each) for each in size[::-1]),
    )


def _turned(array_zyx: NDArray[np.generic], turn: _Turn) -> NDArray[np.generic]:
    turned = array_zyx.T.transpose(turn.order)
    return turned[tuple(slice(None, None, -1 if reverse else None) for reverse in turn.reverse)].T


def _pasted(
    image: ScanImage, mask: ScanImage, turned: NDArray[np.generic], first_zyx: tuple[int, ...]
) -> NDArray[np.generic]:
    """Put a partial mask where it belongs; what lies outside the image must be empty."""
    whole = np.zeros(image.array_zyx.shape, turned.dtype)
    spans = [
        (max(0, first), min(size, first + length))
        for first, length, size in zip(first_zyx, turned.shape, whole.shape, strict=True)
    ]
    inside = tuple(slice(low, max(low, high)) for low, high in spans)
    source = tuple(
        slice(low - first, max(low, high) - first) for (low, high), first in zip(spans, first_zyx, strict=True)
    )
    whole[inside] = turned[source]
    lost = int(np.count_nonzero(turned) - np.count_nonzero(whole))
    if lost:
        msg = (
            f"{_pair(image, mask)}: {lost} voxels of the mask lie outside the image; expected a mask of this image. "
            "Pair the right files."
        )
        raise DataError(msg)
    return whole


def _by_file_name(image: ScanImage, mask: ScanImage) -> NDArray[np.generic]:
    """Pair slices that are files of their own: the k-th name of the masks belongs to the k-th name of the image.

    Names, not positions: pictures have none, and CHAOS was annotated in the order of its files' names.
    """
    if not image.slice_files or not mask.slice_files:
        return mask.array_zyx
    rank = {name: number for number, name in enumerate(sorted(image.slice_files))}
    by_name = sorted(range(len(mask.slice_files)), key=lambda z: mask.slice_files[z])
    return mask.array_zyx[[by_name[rank[name]] for name in image.slice_files]]


def _pair(image: ScanImage, mask: ScanImage) -> str:
    return f"image {shown(image.source)} and mask {shown(mask.source)}"


def _shapes_differ(image: ScanImage, mask: ScanImage) -> DataError:
    sizes = [" x ".join(map(str, scan.array_zyx.shape[::-1])) for scan in (image, mask)]
    return DataError(
        f"{_pair(image, mask)}: the image has {sizes[0]} voxels and the mask {sizes[1]} (x, y, z); expected the same "
        "grid. Resample the mask onto the image's grid with nearest-neighbour interpolation, or pair the right files."
    )


def _apart(image: ScanImage, mask: ScanImage, placed: _Placed) -> DataError:
    along = ", ".join(f"{abs(gap):.1f}" for gap in placed.gap_mm)
    return DataError(
        f"{_pair(image, mask)}: by their affines they lie up to {np.linalg.norm(placed.gap_mm):.1f} mm apart "
        f"({along} mm along x, y, z); expected the same grid. Resample the mask onto the image's grid or repair "
        "the header that is wrong; if the voxels match in spite of the headers, set affine_trusted = false in "
        "dataset.toml."
    )
