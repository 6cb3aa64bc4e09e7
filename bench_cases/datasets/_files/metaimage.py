"""MetaImage (``.mha``, ``.mhd`` with a data file), read with SimpleITK."""

from __future__ import annotations

from pathlib import Path

from bench_cases.datasets._files import _itk
from bench_cases.datasets._files._choice import Choice
from bench_cases.datasets._files._detached import data_file
from bench_cases.datasets._files._scan import Reader, ScanImage, refusal, refuse_oversize
from bench_cases.datasets._files._stream import check_compressed

_HEADER_LIMIT = 1 << 16
_AXES = {"1", "2", "3", "4", "5"}


def read(path: Path, choice: Choice) -> ScanImage:
    """Read a MetaImage; compressed voxels are checked to the last byte first, which SimpleITK does not do.

    Raises
    ------
    DataError
        See `bench_cases.datasets._files.read_image`.
    """
    fields, header_bytes = header(path)
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


def header(path: Path) -> tuple[dict[str, str], int]:
    """Read the ``key = value`` lines; the last is ``ElementDataFile``. Returns them and the header's length.

    To be called before SimpleITK sees the file: it believes a number of axes, and counts up to it for ever.

    Raises
    ------
    DataError
        For a header that has no end, lines of another form, a key twice, or axes that are not 1 to 5.
    """
    fields, length = _fields(path)
    axes = fields.get("NDims", "")
    if axes not in _AXES or len(fields.get("DimSize", "").split()) != int(axes):
        raise refusal(
            path,
            f"its header has NDims = {axes[:20] or 'nothing'} and DimSize = {fields.get('DimSize', 'nothing')[:60]}",
            expected="1 to 5 axes and the size of each",
            remedy="Export it again, or as .nii.gz.",
        )
    return fields, length


def _fields(path: Path) -> tuple[dict[str, str], int]:
    fields: dict[str, str] = {}
    with path.open("rb") as stream:
        while stream.tell() < _HEADER_LIMIT and (line := stream.readline(_HEADER_LIMIT)):
            key, equals, value = line.decode("latin-1").partition("=")
            key = key.strip()
            if key and not equals:
                break
            if key in fields or ":" in key:  # which of them ITK takes is not for us to know
                raise refusal(
                    path,
                    f"line {len(fields) + 1} of its header is of a key that was there, or has another sign than '='",
                    expected="a MetaImage header",
                    remedy="Export it again, or as .nii.gz.",
                )
            if equals:
                fields[key] = value.strip()
            if key == "ElementDataFile":
                return fields, stream.tell()
    raise refusal(
        path,
        "its header does not end in ElementDataFile",
        expected="a MetaImage header",
        remedy="Copy it again, or export it as .nii.gz.",
    )


READER = Reader(suffixes=(".mha", ".mhd"), read=read)
