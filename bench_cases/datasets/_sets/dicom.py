"""The form of a folder with one DICOM file a slice, in the order of the file names.

Sets whose reference is a folder of PNGs pair slices by *name* (in CHAOS-CT the order of positions puts the liver on
air), so the order of names is kept and the affine says which way it runs. How a slice is read does not differ from any
other series (`bench_cases.datasets._files._series`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files import ScanImage
from bench_cases.datasets._files._dicom_header import is_dicom, read_header, refuse_claims
from bench_cases.datasets._files._itk import LPS_TO_RAS
from bench_cases.datasets._files._planes import Plane, affine_of, parallel, plane_of
from bench_cases.datasets._files._scan import refusal, scan_image, shown
from bench_cases.datasets._files._series import pixels_of, thickness_mm, with_scanner
from bench_cases.datasets._sets.form import Form
from bench_cases.datasets._sets.pictures import files_of
from bench_cases.errors import DataError

_STEP_TOLERANCE = 0.1
"""Share of the slice distance by which one gap may differ from the others."""


def read_by_name(folder: Path) -> ScanImage:
    """Read a series.

    Raises
    ------
    DataError
        For an empty folder, damaged files, slices of several sizes, and positions that are not evenly spaced in the
        order of the names.
    """
    files = files_of(folder, ".dcm")
    headers = [_header_of(path) for path in files]
    refuse_claims(folder, files, headers)
    sizes_yx = [(header.get("Rows"), header.get("Columns")) for header in headers]
    _refuse_stranger(files, [size_yx == sizes_yx[0] for size_yx in sizes_yx])
    planes = [_plane_of(path, header) for path, header in zip(files, headers, strict=True)]
    _refuse_stranger(files, [parallel(plane, planes[0]) for plane in planes])
    across = _step(files, planes) if len(files) > 1 else planes[0].normal() * (thickness_mm(headers[0]) or 1.0)
    return with_scanner(scan_image(folder, pixels_of(folder, files), affine_of(planes[0], across)), headers[0])


def _refuse_stranger(files: Sequence[Path], fits: Sequence[bool]) -> None:
    if not all(fits):
        raise refusal(
            files[fits.index(False)],
            f"its size or orientation differs from {files[0].name}",
            expected="slices of one series",
            remedy="Leave one series in the folder.",
        )


def _step(files: Sequence[Path], planes: Sequence[Plane]) -> NDArray[np.float64]:
    """Return the step from slice to slice, LPS in mm; refuse uneven ones."""
    gaps = np.diff([plane.position for plane in planes], axis=0)
    mean: NDArray[np.float64] = gaps.mean(axis=0)
    off = np.linalg.norm(gaps - mean, axis=1)
    if off.max() > _STEP_TOLERANCE * np.linalg.norm(mean):
        odd = int(off.argmax())
        msg = (
            f"{shown(files[0].parent)}: between {files[odd].name} and {files[odd + 1].name} the slice position moves "
            f"by {np.linalg.norm(gaps[odd]):.2f} mm, elsewhere by {np.linalg.norm(mean):.2f} mm on average; expected "
            "even steps in the order of the names. A slice is missing or two series are mixed: unpack it again."
        )
        raise DataError(msg)
    return mean


def _header_of(path: Path) -> Any:
    if not is_dicom(path):
        raise refusal(
            path,
            "it cannot be read as DICOM",
            expected="a complete DICOM file",
            remedy="Copy or download it again.",
        )
    header = read_header(path, where=path, what="the file")
    if int(header.get("NumberOfFrames") or 1) > 1:
        raise refusal(
            path,
            f"it holds {header.get('NumberOfFrames')} slices",
            expected="one slice a file",
            remedy="Convert it to NIfTI first, for instance with dcm2niix.",
        )
    return header


def _plane_of(path: Path, header: Any) -> Plane:
    plane = plane_of(header, header, header)
    if plane is None:
        raise refusal(
            path,
            "it does not say where its slice lies",
            expected="one slice a file, with its position, directions and pixel size",
            remedy="Download it again; other DICOM objects do not belong in the folder.",
        )
    return plane


def dicom_series(name: str, *, modality: str, start: int = 0) -> Form:
    """Return the form; `name` has ``{z}`` for the number of a slice, counted from `start` (``{z:04d}``).

    Phantoms written this way carry no person: the name is PHANTOM, identifiers are made of zeros and the slice.
    """

    def write(folder: Path, channels: tuple[NDArray[np.generic], ...], affine_xyz: NDArray[np.float64]) -> None:
        import SimpleITK

        folder.mkdir()
        affine_lps = LPS_TO_RAS @ affine_xyz
        spacing = np.linalg.norm(affine_lps[:3, :3], axis=0)
        direction = affine_lps[:3, :3] / spacing
        direction[:, 2] = np.cross(direction[:, 0], direction[:, 1])
        for z, pixels in enumerate(channels[0]):
            image = SimpleITK.GetImageFromArray(pixels[None].astype(np.int16))
            image.SetSpacing([float(size) for size in spacing])
            image.SetDirection([float(value) for value in direction.ravel()])
            image.SetOrigin([float(value) for value in (affine_lps @ [0, 0, z, 1])[:3]])
            for tag, value in _header(modality, z).items():
                image.SetMetaData(tag, value)
            writer = SimpleITK.ImageFileWriter()
            writer.KeepOriginalImageUIDOn()
            writer.SetFileName(str(folder / name.format(z=z + start)))
            writer.Execute(image)

    return Form(read=read_by_name, write=write)


def _header(modality: str, z: int) -> dict[str, str]:
    # 2.25 is the arc for identifiers that belong to nobody.
    rescale = {"0028|1052": "0", "0028|1053": "1"} if modality == "CT" else {}
    return {
        "0008|0060": modality,
        "0010|0010": "PHANTOM",
        "0010|0020": "PHANTOM",
        "0020|000d": "2.25.1",
        "0020|000e": "2.25.1.1",
        "0008|0018": f"2.25.1.1.{z + 1}",
        "0020|0013": str(z + 1),
        **rescale,
    }
