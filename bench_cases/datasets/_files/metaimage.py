"""MetaImage (``.mha``, ``.mhd`` with a data file), read with SimpleITK."""

from __future__ import annotations

from pathlib import Path

from bench_cases.datasets._files import _itk
from bench_cases.datasets._files._choice import Choice
from bench_cases.datasets._files._detached import data_file
from bench_cases.datasets._files._scan import Reader, ScanImage, refusal, refuse_oversize
from bench_cases.datasets._files._stream import check_compressed

_HEADER_LIMIT = 1 << 16


def read(path: Path, choice: Choice) -> ScanImage:
    """Read a MetaImage; compressed voxels are checked to the last byte first, which SimpleITK does not do.

    Raises
    ------
    DataError
        See `bench_cases.datasets._files.read_image`.
    """
    fields, header_bytes = _header(path)
    named = fields["ElementDataFile"]
    local = named.upper() == "LOCAL"
    data = path if local else data_file(path, named)
    offset = header_bytes if local else 0
    declared = _itk.declared(path, choice)
    compressed = fields.get("CompressedData", "False").lower() == "true"
    available = data.stat().st_size - offset
    refuse_oversize(path, declared=declared, available=available, compressed=compressed)
    if compressed:
        check_compressed(data, offset=offset, declared=declared)
    return _itk.read(path, choice)


def _header(path: Path) -> tuple[dict[str, str], int]:
    """Read the ``key = value`` lines; the last is ``ElementDataFile``. Returns them and the header's length."""
    fields: dict[str, str] = {}
    with path.open("rb") as stream:
        while stream.tell() < _HEADER_LIMIT and (line := stream.readline(_HEADER_LIMIT)):
            key, equals, value = line.decode("latin-1").partition("=")
            if equals:
                fields[key.strip()] = value.strip()
            if equals and key.strip() == "ElementDataFile":
                return fields, stream.tell()
    raise refusal(
        path,
        "its header does not end in ElementDataFile",
        expected="a MetaImage header",
        remedy="Copy it again, or export it as .nii.gz.",
    )


READER = Reader(suffixes=(".mha", ".mhd"), read=read)
