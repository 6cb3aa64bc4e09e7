"""NRRD (``.nrrd``, ``.nhdr`` with a data file), read with SimpleITK."""

from __future__ import annotations

from pathlib import Path

from bench_cases.datasets._files import _itk
from bench_cases.datasets._files._choice import Choice
from bench_cases.datasets._files._detached import data_file
from bench_cases.datasets._files._scan import Reader, ScanImage, refusal, refuse_oversize
from bench_cases.datasets._files._stream import check_compressed

_HEADER_LIMIT = 1 << 20
_LONGEST_FIELD = 500
_LONGEST_SAYING = 1 << 14
_GZIP = {"gzip", "gz"}
_TEXT = {"ascii", "text", "txt"}
_OTHERS = {"bzip2", "bz2", "hex"}
"""Encodings that NRRD has and SimpleITK has not. Any other word of a header is nobody's business."""


def read(path: Path, choice: Choice) -> ScanImage:
    """Read a NRRD file; segmentations in layers (a fourth axis) are refused.

    Raises
    ------
    DataError
        See `bench_cases.datasets._files.read_image`.
    """
    fields, header_bytes = header(path)
    named = fields.get("data file", fields.get("datafile"))
    data = path if named is None else data_file(path, named)
    offset = header_bytes if named is None else 0
    declared = _itk.declared(path, choice)
    encoding = fields.get("encoding", "raw").lower()
    available = data.stat().st_size - offset
    if encoding in _TEXT:  # a digit and a space a voxel, at least
        refuse_oversize(path, declared=declared, available=available * 8, compressed=False)
    elif encoding in _GZIP or encoding == "raw":
        refuse_oversize(path, declared=declared, available=available, compressed=encoding in _GZIP)
    else:
        raise refusal(
            path,
            f"its voxels are packed as {encoding!r}"
            if encoding in _OTHERS
            else "its voxels are packed in an unknown way",
            expected="raw, gzip or ascii",
            remedy="Save it again as .nii.gz, or as .nrrd with gzip.",
        )
    if encoding in _GZIP and not any(field in fields for field in ("line skip", "lineskip", "byte skip", "byteskip")):
        check_compressed(data, offset=offset, declared=declared)
    return _itk.read(path, choice)


def header(path: Path) -> tuple[dict[str, str], int]:
    """Read the ``field: value`` lines up to the empty line. Returns them and the header's length in bytes.

    To be called before SimpleITK sees the file: a field of a few thousand letters ends its parser, and with it Python.

    Raises
    ------
    DataError
        For what is no NRRD, or has a field that is too long.
    """
    fields: dict[str, str] = {}
    with path.open("rb") as stream:
        if stream.readline(16)[:4] != b"NRRD":
            raise refusal(
                path,
                "it does not start with NRRD",
                expected="a NRRD header",
                remedy="Open it with the program that wrote it and export it again.",
            )
        while stream.tell() < _HEADER_LIMIT and (line := stream.readline(_HEADER_LIMIT)).strip():
            field, colon, value = line.decode("latin-1").partition(":")
            said = value.startswith("=") or field.startswith("#")  # a key of somebody's own, a comment
            if len(line) > (_LONGEST_SAYING if said else _LONGEST_FIELD):
                raise refusal(
                    path,
                    f"a line of its header, {field[:20]!r}, has {len(line)} bytes",
                    expected=f"at most {_LONGEST_FIELD}, and {_LONGEST_SAYING} for comments and keys of one's own",
                    remedy="Save it again as .nii.gz, or without what its header says beside the scan.",
                )
            if colon:
                fields[field.strip().lower()] = value.strip()
        return fields, stream.tell()


READER = Reader(suffixes=(".nrrd", ".nhdr"), read=read)
