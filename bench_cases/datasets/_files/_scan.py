"""The record that every reader returns, the checks that every reader shares, and the wording of a refusal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench_cases import memory
from bench_cases.datasets._files._choice import Choice
from bench_cases.errors import DataError
from bench_cases.volume import AffineCodes, Scanner, count_not_finite

SCANS_HELD: Final = 2
"""Scans in memory at once: the one that is segmented and the next one, which is read meanwhile."""

BYTES_A_VOXEL: Final = 8
"""What is held beside them, a voxel: of the one in hand labels, reference, predicted masks and the file they are saved
in (4, measured), of the next its mask of up to 16 bits and labels (3); and the bits of eight strategies' masks."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScanImage:
    """One image file in memory.

    Parameters
    ----------
    array_zyx
        Voxels, shape ``(Z, Y, X)``, in the order of the file (nothing is flipped), native integer type kept.
    affine_xyz
        4 x 4, voxel indices ``(x, y, z)`` to RAS millimetres; the identity where the format carries no geometry.
    affine_codes
        What a NIfTI header says of its affines; None of other formats, and where it says nothing.
    spacing_zyx_mm
        Voxel size along ``z, y, x``; None where the format carries none (PNG, JPEG).
    scanner
        Make and model of the machine, where the header has them; nothing else of a header is kept.
    source
        The file or folder. Messages show `shown(source)`, never the whole path.
    slice_files
        Names that slices can be paired by, where each was a file of its own: one a slice, sortable; else empty.
    partial
        True where slices may have been left out because they are empty (DICOM SEG).
    """

    array_zyx: NDArray[np.generic]
    affine_xyz: NDArray[np.float64]
    spacing_zyx_mm: tuple[float, float, float] | None
    source: Path
    slice_files: tuple[str, ...] = ()
    partial: bool = False
    scanner: Scanner | None = None
    affine_codes: AffineCodes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """A reader of one format: a module of this package offers one as ``READER``.

    Parameters
    ----------
    suffixes
        Endings of file names in lower case, dot included; the longest ending of any reader wins.
    read
        Function from a path and what to take of it to a `ScanImage`; raises `DataError`.
    """

    suffixes: tuple[str, ...]
    read: Callable[[Path, Choice], ScanImage]


def shown(path: Path) -> str:
    """Name a file by its folder and name: enough to find it, and no path of the machine in a report.

    >>> shown(Path("/home/someone/scans/id001/mask.nii.gz"))
    'id001/mask.nii.gz'
    """
    return "/".join(part for part in path.parts[-2:] if part != path.anchor)


def refusal(path: Path, wrong: str, *, expected: str, remedy: str) -> DataError:
    """Word a refusal: the file, what is wrong with it, what was expected, what to do."""
    return DataError(f"{shown(path)}: {wrong}; expected {expected}. {remedy}")


def refuse_odd_type(path: Path, dtype: np.dtype[np.generic]) -> None:
    """Refuse voxels that are not single real numbers.

    Raises
    ------
    DataError
        For colour (structured), complex and other types.
    """
    if dtype.kind in "iufb":
        return
    what = "colours (RGB)" if dtype.names else f"of type {dtype}"
    raise refusal(
        path,
        f"its voxels are {what}",
        expected="one grey value or label a voxel",
        remedy="Convert it to grey values or integer labels first; a rendered picture or a report is not a scan.",
    )


def work_bytes(declared: int, voxels: int) -> int:
    """Return about how many bytes are taken at most from reading a scan to its scores.

    >>> work_bytes(2 * 512 * 512 * 200, 512 * 512 * 200)  # 16 bits a voxel: six times its bytes
    629145600
    """
    return SCANS_HELD * declared + BYTES_A_VOXEL * voxels


def refuse_beyond_memory(path: Path, declared: int, voxels: int) -> None:
    """Refuse a scan that could not be read and scored on a machine like this one, before anything is allocated.

    Parameters
    ----------
    declared
        Bytes of voxels, as the headers say; compressed files can honestly hold a thousand times their own size.
    voxels
        Voxels of the one volume that is made of them; 0 where only the bytes are known.

    Raises
    ------
    DataError
        With the numbers of bytes.
    """
    needed = work_bytes(declared, voxels)
    if needed > memory.room():
        raise refusal(
            path,
            f"its header declares {declared} bytes of voxels, and to read and score them takes about {needed}",
            expected=f"at most {memory.room()}, half of this machine's memory",
            remedy="If that is true, crop or downsample it, or use a larger machine; else copy or download it again.",
        )


def refuse_oversize(path: Path, *, declared: int, available: int, compressed: bool) -> None:
    """Refuse a file whose header declares more bytes than the file can hold, before anything is allocated.

    Deflate cannot shrink data more than about 1032-fold (zlib's technical notes, "Maximum compression factor").

    Raises
    ------
    DataError
        With both numbers of bytes.

    See Also
    --------
    refuse_beyond_memory : what the file can hold, memory need not.
    """
    limit = max(0, available * 1032 + 1032 if compressed else available)
    if declared > limit:
        raise refusal(
            path,
            f"its header declares {declared} bytes of voxels but the file can hold at most {limit}",
            expected="a complete file",
            remedy="It is truncated or its header is damaged: copy or download it again.",
        )


def scan_image(
    path: Path,
    array_zyx: NDArray[np.generic],
    affine_xyz: NDArray[np.float64],
    *,
    geometry: bool = True,
    slice_files: tuple[str, ...] = (),
    partial: bool = False,
    affine_codes: AffineCodes | None = None,
) -> ScanImage:
    """Build a `ScanImage` after the checks that do not depend on the format.

    Parameters
    ----------
    geometry
        False for formats without voxel size or position.
    slice_files, partial, affine_codes
        As in `ScanImage`.

    Raises
    ------
    DataError
        For NaN or infinite voxels (with their number) and for an affine that maps the volume onto nothing.
    """
    refuse_odd_type(path, array_zyx.dtype)
    if array_zyx.dtype.kind == "f":
        bad = count_not_finite(array_zyx)
        if bad:
            raise refusal(
                path,
                f"{bad} of {array_zyx.size} voxels are NaN or infinite",
                expected="finite values everywhere",
                remedy="Replace them at the source, for instance by the value of air.",
            )
    steps = affine_xyz[:3, :3]
    with np.errstate(all="ignore"):
        sizes = np.sqrt((steps**2).sum(axis=0))
        volume = abs(np.linalg.det(steps / sizes))  # of the cell, as a share of the box with the same edges
    if not np.isfinite([*affine_xyz.flat, *sizes, volume]).all() or sizes.min() <= 0 or volume < 1e-3:
        raise refusal(
            path,
            f"its affine is singular or not finite (voxel size {', '.join(f'{size:g}' for size in sizes)} mm)",
            expected="three independent axes with positive voxel sizes",
            remedy="Repair the header (sform, qform or direction matrix) or export the scan again.",
        )
    if array_zyx.base is not None and getattr(array_zyx.base, "nbytes", 0) > array_zyx.nbytes:
        array_zyx = array_zyx.copy()  # one frame of many: a view of it would keep all of them
    native = array_zyx.dtype.newbyteorder("=")
    x, y, z = (float(size) for size in sizes)
    return ScanImage(
        array_zyx=np.ascontiguousarray(array_zyx, dtype=native),
        affine_xyz=np.asarray(affine_xyz, np.float64),
        spacing_zyx_mm=(z, y, x) if geometry else None,
        source=path,
        slice_files=slice_files,
        partial=partial,
        affine_codes=affine_codes,
    )
