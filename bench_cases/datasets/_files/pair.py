"""Header and voxels in two files (``.hdr`` with ``.img`` or ``.img.gz``): NIfTI pairs and Analyze 7.5."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench_cases.datasets._files import _itk
from bench_cases.datasets._files._choice import Choice
from bench_cases.datasets._files._nifti_start import start_of
from bench_cases.datasets._files._pieces import InPieces
from bench_cases.datasets._files._scan import Reader, ScanImage, refusal, refuse_oversize, scan_image
from bench_cases.datasets._files.nifti import EXTENSIONS_LIMIT, affine_codes, check_header, honest_errors, voxels

_SUFFIXES = (".hdr", ".hdr.gz", ".img", ".img.gz")


def read(path: Path, choice: Choice) -> ScanImage:
    """Read the pair that `path` is one half of.

    NIfTI pairs are read by nibabel; Analyze 7.5, which does not say which side is left, by SimpleITK.

    Raises
    ------
    DataError
        When the other half is absent, and as `bench_cases.datasets._files.read_image` says.
    """
    import nibabel as nib
    from nibabel.openers import ImageOpener

    header, data = half(path, ".hdr"), half(path, ".img")
    compressed = data.name.lower().endswith(".gz")
    magic = _magic(header)
    if magic == "analyze":
        declared = _itk.declared(header, choice)
        refuse_oversize(header, declared=declared, available=data.stat().st_size, compressed=compressed)
        return _itk.read(header, choice)
    _refuse_long(header)
    kind = nib.Nifti1Pair if magic == "ni1" else nib.Nifti2Pair
    with honest_errors(path), ImageOpener(str(header), "rb") as stream:
        image = kind.from_file_map(
            {"header": nib.FileHolder(fileobj=InPieces(stream)), "image": nib.FileHolder(filename=str(data))}
        )
        check_header(path, image, choice, data=data, compressed=compressed)
        array_xyz = voxels(path, image, choice)
    return scan_image(path, array_xyz.T, np.asarray(image.affine, np.float64), affine_codes=affine_codes(image))


def half(path: Path, wanted: str) -> Path:
    """Find the half of the pair that ends in `wanted`, compressed or not."""
    lower = path.name.lower()
    suffix = next(known for known in sorted(_SUFFIXES, key=len, reverse=True) if lower.endswith(known))
    stem = path.name[: -len(suffix)]
    for candidate in (path, *(path.with_name(stem + end) for end in (wanted, f"{wanted}.gz"))):
        if candidate.name.lower().removesuffix(".gz").endswith(wanted) and candidate.is_file():
            return candidate
    raise refusal(
        path,
        f"its other half {stem}{wanted} is not beside it",
        expected="header (.hdr) and voxels (.img) together",
        remedy="Copy both files, or convert the scan to one .nii.gz.",
    )


def _refuse_long(header: Path) -> None:
    """Refuse a header with more extensions than one reads: compressed, a few bytes may stand for gigabytes."""
    from nibabel.openers import ImageOpener

    with honest_errors(header), ImageOpener(str(header), "rb") as stream:
        left = EXTENSIONS_LIMIT
        while left > 0 and (piece := stream.read(1 << 20)):
            left -= len(piece)
    if left <= 0:
        raise refusal(
            header,
            f"its header is longer than {EXTENSIONS_LIMIT} bytes",
            expected="a header of 348 or 540 bytes, and perhaps some extensions",
            remedy="Export it again as .nii.gz.",
        )


def _magic(header: Path) -> str:
    """Tell the format from the header's magic field: ``ni1``, ``ni2`` or ``analyze``.

    Raises
    ------
    DataError
        When the first field is that of another format: each program would believe another of the two.
    """
    from nibabel.openers import ImageOpener

    with ImageOpener(str(header), "rb") as stream:
        head = stream.read(348)
    magic = "ni1" if head[344:347] == b"ni1" else "ni2" if head[4:7] == b"ni2" else "analyze"
    start = start_of(head)
    if magic != "analyze" and (start is None or start.header_bytes != (348 if magic == "ni1" else 540)):
        raise refusal(
            header,
            f"its magic is {magic} and its first bytes are {head[:4].hex(' ')}",
            expected="the length of that header, 348 for ni1 and 540 for ni2",
            remedy="Its header is damaged: copy or export it again.",
        )
    return magic


READER = Reader(suffixes=_SUFFIXES, read=read)
