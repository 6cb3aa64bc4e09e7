"""NIfTI-1 and NIfTI-2 in one file (``.nii``, ``.nii.gz``), read with nibabel."""

from __future__ import annotations

import contextlib
import gzip
import math
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files._axes import one_volume, padded_shape
from bench_cases.datasets._files._choice import Choice
from bench_cases.datasets._files._inflate import damage, open_gzip
from bench_cases.datasets._files._nifti_start import LENGTH, Start, start_of
from bench_cases.datasets._files._pieces import PIECE, InPieces
from bench_cases.datasets._files._scan import (
    Reader,
    ScanImage,
    refusal,
    refuse_beyond_memory,
    refuse_odd_type,
    refuse_oversize,
    scan_image,
)
from bench_cases.errors import DataError
from bench_cases.volume import AffineCodes, pieces

_LAST_CODE = 4  # of NIfTI-1, as which masks are written
EXTENSIONS_LIMIT = 1 << 26
"""Bytes of header and extensions; the largest known ones, matrices of CIFTI, take a few million."""


def read(path: Path, choice: Choice) -> ScanImage:
    """Read a NIfTI file; whether it is compressed is seen from its first bytes, not from its name.

    Raises
    ------
    DataError
        See `bench_cases.datasets._files.read_image`.
    """
    compressed = _compressed(path)
    with honest_errors(path), _opened(path, compressed=compressed) as stream:
        image = _image_class(path, stream).from_stream(InPieces(stream))
        check_header(path, image, choice, data=path, compressed=compressed)
        array_xyz = voxels(path, image, choice, stored=_stored(image, stream))
        # Reading on to the end makes gzip compare its checksum, which it does nowhere else.
        while stream.read(1 << 20):
            pass
    return scan_image(path, array_xyz.T, np.asarray(image.affine, np.float64), affine_codes=affine_codes(image))


def shape_claimed(path: Path) -> tuple[int, ...] | None:
    """Return the shape ``(X, Y, Z, ...)`` that a header claims, of which no more than the first bytes are read.

    Parameters
    ----------
    path
        A NIfTI file, or the ``.hdr`` of a pair, NIfTI or Analyze 7.5; compressed or not, whatever its name.

    Returns
    -------
    tuple or None
        None when it is no such header, or damaged.
    """
    with _opened(path, compressed=_compressed(path)) as stream:
        start = start_of(stream.read(LENGTH))
    return start.shape_xyz or None if start is not None else None


def _compressed(path: Path) -> bool:
    with path.open("rb") as probe:
        return probe.read(2) == b"\x1f\x8b"


@contextlib.contextmanager
def _opened(path: Path, *, compressed: bool) -> Iterator[Any]:
    with path.open("rb") as raw:
        if not compressed:
            yield raw
            return
        with open_gzip(raw) as stream:
            yield stream


def _image_class(path: Path, stream: Any) -> Any:
    """Choose NIfTI-1 or NIfTI-2 by the first field of the header, in either byte order."""
    import nibabel as nib

    head = stream.read(LENGTH)
    stream.seek(0)
    start = start_of(head)
    if start is None:
        raise refusal(
            path,
            f"it does not start as a NIfTI file does (first bytes {head[:4].hex(' ')})",
            expected="a header of 348 or 540 bytes",
            remedy="Open it with the program that wrote it and export it as NIfTI.",
        )
    _refuse_odd_axes(path, start)
    _refuse_far(path, start.offset)
    return nib.Nifti1Image if start.header_bytes == 348 else nib.Nifti2Image


def _refuse_odd_axes(path: Path, start: Start) -> None:
    """Refuse a number of axes that makes no sense: nibabel would take the other byte order, which nobody looked at."""
    if not start.shape_xyz:
        raise refusal(
            path,
            f"its header declares {start.axes} axes",
            expected="1 to 7, in the byte order of its first field",
            remedy="Its header is damaged: copy or export it again.",
        )


def _refuse_far(path: Path, offset: float) -> None:
    """Refuse voxels that begin far behind the header: what lies between, extensions, is read whole."""
    if not 0 <= offset <= EXTENSIONS_LIMIT:
        raise refusal(
            path,
            f"its header says that voxels begin at byte {offset:g}",
            expected=f"0 to {EXTENSIONS_LIMIT}",
            remedy="Its header is damaged, or extensions fill it: export it again without them.",
        )


@contextlib.contextmanager
def honest_errors(path: Path) -> Iterator[None]:
    """Turn whatever nibabel and gzip raise on damaged bytes into one `DataError` that names the file.

    Their parsers raise a dozen kinds of error on bytes that are not trusted, hence all kinds are caught; only what
    the system reports (a disk that fails, a file that may not be read) and lack of memory go on. Of an error its kind
    is told and not its text, which may quote the header.
    """
    try:
        yield
    except (DataError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, EOFError | zlib.error | gzip.BadGzipFile | damage()):
            wrong = "its compressed data end too early or are damaged"
        elif not isinstance(error, OSError):
            wrong = f"its header or data make no sense to nibabel ({type(error).__name__})"
        elif error.errno is None:
            wrong = "its data end before the last voxel"
        else:
            raise
        raise refusal(
            path, wrong, expected="a complete NIfTI file", remedy="Copy, download or export it again."
        ) from error


def check_header(path: Path, image: Any, choice: Choice, *, data: Path, compressed: bool) -> None:
    """Check shape, voxel type, unit and declared size before a voxel is read.

    Parameters
    ----------
    data
        The file that holds the voxels: `path` itself, or the ``.img`` of a pair.

    Raises
    ------
    DataError
        When something does not fit.
    """
    header = image.header
    shape = padded_shape(path, tuple(int(size) for size in header.get_data_shape()))
    dtype = header.get_data_dtype()
    if not (_coloured(dtype) and _wants_colours(choice)):
        refuse_odd_type(path, dtype)
    declared = math.prod(shape) * dtype.itemsize
    available = data.stat().st_size - (0 if compressed else int(image.dataobj.offset))
    refuse_oversize(path, declared=declared, available=available, compressed=compressed)
    refuse_beyond_memory(path, declared, math.prod(shape[:3]))
    if (float(image.dataobj.slope), float(image.dataobj.inter)) != (1, 0):
        refuse_beyond_memory(path, math.prod(shape[:3]) * np.dtype(np.float32).itemsize, math.prod(shape[:3]))
    one_volume(path, np.broadcast_to(np.uint8(0), (*shape[:4], _channels(shape, dtype))), choice)
    unit = header.get_xyzt_units()[0]
    if unit not in {"mm", "unknown"}:
        raise refusal(
            path,
            f"its header gives lengths in {unit}",
            expected="millimetres",
            remedy="Rescale the affine to millimetres and set the unit, with nibabel's header.set_xyzt_units('mm').",
        )


def affine_codes(image: Any) -> AffineCodes | None:
    """Return what the header says its two affines lead to; None where it says nothing that NIfTI knows."""
    codes = AffineCodes(*(int(image.header[f"{name}_code"]) for name in AffineCodes._fields))
    return codes if any(codes) and all(0 <= code <= _LAST_CODE for code in codes) else None


def _stored(image: Any, stream: Any) -> NDArray[Any]:
    """Read the voxels straight into the memory they stay in; nibabel would go by way of several copies.

    Raises
    ------
    OSError
        When the stream ends before the last voxel.
    """
    shape = tuple(int(size) for size in image.header.get_data_shape())
    flat = np.empty(math.prod(shape), image.header.get_data_dtype())
    space = memoryview(flat.view(np.uint8).data)
    stream.seek(int(image.dataobj.offset))
    while space.nbytes:
        # In pieces that stay in the processor's cache: gzip streams inflate into a buffer and copy from it.
        got = stream.readinto(space[:PIECE])
        if not got:
            raise OSError  # without a number, as nibabel does: see honest_errors
        space = space[got:]
    return flat.reshape(shape, order="F")


def voxels(path: Path, image: Any, choice: Choice, *, stored: NDArray[Any] | None = None) -> NDArray[np.generic]:
    """Return voxels as ``(X, Y, Z)``: stored integers as they are, ``float32`` where the header rescales them.

    Parameters
    ----------
    stored
        The voxels as stored, if they were read already.
    """
    # Not the header's own fields: nibabel empties them on reading.
    slope, inter = float(image.dataobj.slope), float(image.dataobj.inter)
    if stored is None:
        stored = image.dataobj.get_unscaled()
        if isinstance(stored, np.memmap):
            stored = np.array(stored, order="K")  # a copy, so that the file can go
    stored = stored.reshape(padded_shape(path, stored.shape), order="F")
    if stored.dtype.names:
        stored = np.stack([stored[name][..., 0] for name in stored.dtype.names], axis=-1)
    stored = one_volume(path, stored, choice)
    return stored if (slope, inter) == (1, 0) else _rescaled(stored, slope, inter)


def _rescaled(stored: NDArray[np.generic], slope: float, inter: float) -> NDArray[np.float32]:
    """Compute in 64 bits and keep 32, some slices at a time: in one go that would take twelve times a stored byte."""
    scaled = np.empty(stored.shape, np.float32, order="F")
    with np.errstate(all="ignore"):  # what overflows becomes infinite and is refused with its number
        for part in pieces(stored.shape[2], math.prod(stored.shape[:2])):
            scaled[..., part] = stored[..., part].astype(np.float64) * slope + inter
    return scaled


def _coloured(dtype: np.dtype[np.generic]) -> bool:
    """Whether a voxel is a colour: NIfTI has RGB24 and RGBA32."""
    return bool(dtype.names)


def _wants_colours(choice: Choice) -> bool:
    return choice.channel is not None or choice.colour in {"packed", "luminance"}


def _channels(shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> int:
    return len(dtype.names) if dtype.names else shape[4]


READER = Reader(suffixes=(".nii", ".nii.gz"), read=read)
