"""GIPL (``.gipl``, ``.gipl.gz``), the Guy's Image Processing Lab format, read with SimpleITK."""

from __future__ import annotations

from pathlib import Path

from bench_cases.datasets._files import _itk
from bench_cases.datasets._files._choice import Choice
from bench_cases.datasets._files._scan import Reader, ScanImage, refuse_oversize
from bench_cases.datasets._files._stream import check_compressed

_HEADER_BYTES = 256


def read(path: Path, choice: Choice) -> ScanImage:
    """Read a GIPL file, after its length was checked: SimpleITK fills what is missing with whatever is in memory.

    Raises
    ------
    DataError
        See `bench_cases.datasets._files.read_image`.
    """
    compressed = path.name.lower().endswith(".gz")
    if compressed:
        check_compressed(path, offset=0, declared=_HEADER_BYTES)
    declared = _itk.declared(path, choice)
    available = path.stat().st_size - (0 if compressed else _HEADER_BYTES)
    refuse_oversize(path, declared=declared, available=available, compressed=compressed)
    if compressed:
        check_compressed(path, offset=0, declared=declared + _HEADER_BYTES)
    return _itk.read(path, choice)


READER = Reader(suffixes=(".gipl", ".gipl.gz"), read=read)
