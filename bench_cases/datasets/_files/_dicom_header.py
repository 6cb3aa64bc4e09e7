"""Reading DICOM headers with pydicom: what pixels mean and where they lie, and no word about whom they show."""

from __future__ import annotations

import contextlib
import math
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from bench_cases.datasets._files._scan import refusal, refuse_beyond_memory, refuse_oversize

if TYPE_CHECKING:
    from pydicom import Dataset, FileDataset

SEGMENTATIONS = {"1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7"}
"""SOP classes of DICOM SEG: Segmentation Storage, Label Map Segmentation Storage."""

WHOLE_SLIDE = "1.2.840.10008.5.1.4.1.1.77.1.6"

_PLAIN_SYNTAXES = {"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"}
"""Implicit and explicit little endian, explicit big endian."""

_HARMLESS_BYTES = 1 << 26
"""What is no larger is left to the decoder, which tells more of what is wrong."""

_DEFLATED = b"1.2.840.10008.1.2.1.99"
_GROUP_LENGTH = b"\x02\x00\x00\x00UL\x04\x00"
_META_BYTES = 4096
_A_FEW_BYTES = 1 << 16

_REMEDY = "Export the series again, or convert it to one NIfTI file, for instance with dcm2niix."


def is_dicom(path: Path) -> bool:
    """Whether a file says that it is DICOM: ``DICM`` after 128 bytes; its name is not asked."""
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def read_header(path: Path, *, where: Path, what: str, pixels: bool = False) -> FileDataset:
    """Read a header, quietly: pydicom's warnings and errors quote values, and values name patients.

    Parameters
    ----------
    where, what
        What messages name instead of `path`, whose name may hold an identifier: the folder, ``"file 3 of 20"``.
    pixels
        Read the pixel data too.

    Raises
    ------
    DataError
        When the header cannot be read.
    """
    import pydicom

    _refuse_bomb(path, where)
    try:
        with warnings.catch_warnings(), pydicom.config.disable_value_validation(), path.open("rb") as stream:
            warnings.simplefilter("ignore")
            whole = Whole(stream, path.stat().st_size)
            header = pydicom.dcmread(whole, stop_before_pixels=not pixels)  # type: ignore[arg-type]
            _decode(header)
            return header
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - bytes that are not trusted: pydicom's parser raises a dozen kinds
        raise refusal(
            where, f"{what}: its DICOM header is damaged ({type(error).__name__})", expected="DICOM", remedy=_REMEDY
        ) from None


def _decode(header: Dataset) -> None:
    """Turn bytes into values here and now: pydicom does it when an element is first looked at, and warns then.

    What cannot be turned stays as it is, and is an error when it is asked for.
    """
    for tag in list(header.keys()):
        with contextlib.suppress(Exception):
            element = header[tag]
            for item in element.value if element.VR == "SQ" else ():
                _decode(item)


class Whole:
    """A stream that is not asked for more than it has: pydicom would take what is there, GDCM make room for all of it.

    Parameters
    ----------
    stream
        What is read.
    size
        Its bytes.
    """

    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream, self._size = stream, size
        self.seek, self.tell, self.close = stream.seek, stream.tell, stream.close

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes.

        Raises
        ------
        ValueError
            When an element claims many more than are left; an EOFError pydicom would keep to itself.
        """
        if size > _A_FEW_BYTES and size > self._size - self._stream.tell():
            msg = f"an element of {size} bytes"
            raise ValueError(msg)
        return self._stream.read(size)


def refuse_claims(where: Path, files: Sequence[Path], headers: Sequence[Any]) -> None:
    """Refuse headers that declare more pixels than their files can hold, or than memory can, before any is decoded.

    Parameters
    ----------
    where
        The file or folder, for messages.

    Raises
    ------
    DataError
        With the numbers, or for sizes that are no numbers.
    """
    total = voxels = 0
    for path, header in zip(files, headers, strict=True):
        sizes = [numbers(header, name, 1) for name in ("Rows", "Columns", "BitsAllocated")]
        more = [numbers(header, name, 1) or (1.0,) for name in ("NumberOfFrames", "SamplesPerPixel")]
        factors = [0.0 if size is None else size[0] for size in (*sizes, *more)]
        if not all(1 <= factor < 2**32 for factor in factors):
            raise refusal(
                where,
                "its header does not say how many pixels of how many bits it has",
                expected="positive Rows, Columns, BitsAllocated and NumberOfFrames",
                remedy=_REMEDY,
            )
        declared = math.ceil(math.prod(int(factor) for factor in factors) / 8)
        if declared > _HARMLESS_BYTES and _as_it_is(header):
            refuse_oversize(where, declared=declared, available=path.stat().st_size, compressed=False)
        total += declared
        voxels += math.prod(int(factor) for factor in (factors[0], factors[1], factors[3]))
    refuse_beyond_memory(where, total, voxels)


def _as_it_is(header: Any) -> bool:
    """Whether pixels lie in the file as they are: neither encapsulated (JPEG, RLE) nor deflated."""
    syntax = getattr(getattr(header, "file_meta", None), "TransferSyntaxUID", None)
    return syntax in _PLAIN_SYNTAXES


def _refuse_bomb(path: Path, where: Path) -> None:
    """Refuse a deflated data set that would fill the memory: pydicom inflates it whole, to read a header."""
    with path.open("rb") as stream:
        start = stream.read(_META_BYTES)
        if _DEFLATED not in start:
            return
        tag, length = start[132:140], int.from_bytes(start[140:144], "little")
        stream.seek(144 + length)
        inflater, inflated = zlib.decompressobj(-zlib.MAX_WBITS), 0
        while tag == _GROUP_LENGTH and not inflater.eof and (piece := inflater.unconsumed_tail or stream.read(1 << 20)):
            try:
                inflated += len(inflater.decompress(piece, 1 << 20))
            except zlib.error:
                break
            refuse_beyond_memory(where, inflated, 0)
    if not inflater.eof:
        raise refusal(
            where, "its deflated data set is damaged or breaks off", expected="a whole DICOM file", remedy=_REMEDY
        )


def numbers(header: Any, name: str, count: int) -> tuple[float, ...] | None:
    """Return `count` numbers of an element; None where it is absent, empty or no numbers (as some scanners write)."""
    try:
        values = header.get(name)
        values = values if isinstance(values, list | tuple) or hasattr(values, "__iter__") else [values]
        found = tuple(float(value) for value in values)
    except (TypeError, ValueError):
        return None
    return found if len(found) == count else None
