"""A DICOM series: the files of one folder, sorted by position, rescaled, and refused when they are not one whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files._dicom_header import SEGMENTATIONS, is_dicom, numbers, read_header, refuse_claims
from bench_cases.datasets._files._itk import decoded
from bench_cases.datasets._files._pictures import natural
from bench_cases.datasets._files._planes import grid_of, mixed, plane_of
from bench_cases.datasets._files._scan import ScanImage, refusal, refuse_beyond_memory, scan_image
from bench_cases.datasets._files._scanner import scanner

_NOT_A_SLICE = "DICOMDIR"


def read_series(folder: Path) -> ScanImage:
    """Read the one series that lies in a folder; other files in it, and DICOM objects without pixels, are ignored.

    Values are rescaled as the headers say (HU in CT). Slices are sorted by ``ImagePositionPatient``, never by name or
    number. Names of single files, which often hold identifiers, do not enter a message.

    Raises
    ------
    DataError
        For several series, slices of different sizes or directions, slices that are missing or come twice.
    """
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and path.name != _NOT_A_SLICE]
    files = [path for path in files if is_dicom(path)]
    headers = {
        path: read_header(path, where=folder, what=f"file {number} of {len(files)} in the order of names")
        for number, path in enumerate(files, start=1)
    }
    headers = {path: header for path, header in headers.items() if _is_slice(folder, header)}
    if not headers:
        raise refusal(
            folder,
            "it holds DICOM files and none of them is a slice of a scan",
            expected="one series of single-frame images",
            remedy="Name the file instead of the folder, or export the series again.",
        )
    if len(headers) == 1:
        (path,) = headers
        return read_slices(folder, [path], [headers[path]])
    _refuse_mixture(folder, list(headers.values()))
    return read_slices(folder, list(headers), list(headers.values()))


def read_slices(source: Path, files: list[Path], headers: list[Any]) -> ScanImage:
    """Read slices and stack them by position; a single one without a position has no geometry."""
    refuse_claims(source, files, headers)
    planes = [plane_of(header, header, header) for header in headers]
    known = [plane for plane in planes if plane is not None]
    if len(known) < len(planes):
        if len(files) > 1:
            raise refusal(
                source,
                f"{len(planes) - len(known)} of its {len(planes)} slices do not say where they lie",
                expected="a position, directions and a pixel size in each",
                remedy="Name the slices one by one as pictures, or export the series again.",
            )
        return with_scanner(scan_image(source, pixels_of(source, files), np.eye(4), geometry=False), headers[0])
    grid = grid_of(source, known, thickness_mm=thickness_mm(headers[0]))
    ordered = [files[each] for each in grid.order]
    array_zyx = pixels_of(source, ordered)
    scan = scan_image(source, array_zyx, grid.affine_xyz, slice_files=_ranks(ordered))
    return with_scanner(scan, headers[0])


def with_scanner(scan: ScanImage, header: Any) -> ScanImage:
    """Note make and model, the only words of a header that are kept."""
    words = {"0008|0070": header.get("Manufacturer"), "0008|1090": header.get("ManufacturerModelName")}
    return replace(scan, scanner=scanner({tag: str(word) for tag, word in words.items() if word}))


def _ranks(files: list[Path]) -> tuple[str, ...]:
    """Number the files as their names sort: what pairs slices with pictures, without the names themselves."""
    by_name = sorted(files, key=lambda path: natural(path.name))
    rank = {path: number for number, path in enumerate(by_name)}
    return tuple(f"{rank[path]:06d}" for path in files)


def _is_slice(folder: Path, header: Any) -> bool:
    """Tell slices from reports, segmentations and the like; refuse an image whose header breaks off."""
    kind = header.get("SOPClassUID")
    if kind in SEGMENTATIONS:
        return False
    if header.get("Rows") is None and (kind is None or "Image Storage" in kind.name):
        raise refusal(
            folder,
            "one of its files breaks off in its header, or has no pixels",
            expected="complete slices",
            remedy="Copy the series again.",
        )
    return header.get("Rows") is not None


def thickness_mm(header: Any) -> float | None:
    """Return the distance between slices that a header gives, or else their thickness."""
    spacing = numbers(header, "SpacingBetweenSlices", 1) or numbers(header, "SliceThickness", 1)
    return spacing[0] if spacing else None


def _refuse_mixture(folder: Path, headers: list[Any]) -> None:
    """Refuse several series, sizes or kinds; identifiers are counted, never shown."""
    for element, what in (
        ("SeriesInstanceUID", "series"),
        ("Modality", "modalities"),
        ("Rows", "heights"),
        ("Columns", "widths"),
    ):
        found = len({str(header.get(element)) for header in headers})
        if found > 1:
            raise mixed(folder, f"its {len(headers)} slices are of {found} {what}")
    if any(int(header.get("NumberOfFrames") or 1) > 1 for header in headers):
        raise mixed(folder, "some of its files hold several slices")


def pixels_of(source: Path, files: list[Path]) -> NDArray[np.generic]:
    """Read the pixels of single-frame files, rescaled: ``(Z, Y, X)``, integers where all of them are.

    GDCM, below SimpleITK, turns ``MONOCHROME1`` over, so that bone is bright there too.
    """
    import SimpleITK

    slices: list[NDArray[np.generic]] = []
    for path in files:
        image = decoded(source, path)
        pixels = np.squeeze(SimpleITK.GetArrayFromImage(image)).reshape(image.GetSize()[1::-1] + _components(image))
        refuse_beyond_memory(source, len(files) * pixels.nbytes, len(files) * pixels.size)
        slices.append(narrow(pixels))  # before they lie beside each other, in twice or four times the scanner's bits
    if slices[0].ndim > 2:
        raise refusal(
            source,
            "its pixels are colours",
            expected="grey values",
            remedy="Export it as grey values, or as PNG and set colour in dataset.toml.",
        )
    return narrow(_stacked(source, slices))


def _stacked(source: Path, slices: list[NDArray[np.generic]]) -> NDArray[np.generic]:
    """Put slices on each other and let go of each that lies there: those of all would take as much again."""
    shape_yx = slices[0].shape
    sizes = len({each.shape for each in slices})
    if sizes > 1:
        raise mixed(source, f"its {len(slices)} slices are of {sizes} sizes")
    array = np.empty((len(slices), *shape_yx), np.result_type(*(each.dtype for each in slices)))
    for z in reversed(range(len(slices))):
        array[z] = slices.pop()
    return array


def _components(image: Any) -> tuple[int, ...]:
    components = image.GetNumberOfComponentsPerPixel()
    return (components,) if components > 1 else ()


def narrow(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """Hold 32-bit integers in 16 bits where they fit: rescaling widens what a scanner stored in 12."""
    limits = np.iinfo(np.int16)
    if array.dtype.kind == "i" and array.dtype.itemsize > 2 and array.min() >= limits.min and array.max() <= limits.max:
        return array.astype(np.int16)
    return array
