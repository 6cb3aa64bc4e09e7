"""The form of a folder with one DICOM file a slice, in the order of the file names.

Sets whose reference is a folder of PNGs pair slices by *name* (in CHAOS-CT the order of positions puts the liver on
air), so the order of names is kept and the affine says which way it runs. Of the headers only geometry and rescaling
are looked at.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files import ScanImage
from bench_cases.datasets._files._itk import LPS_TO_RAS
from bench_cases.datasets._files._scan import refusal, scan_image, shown
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
    slices = [_read_slice(path) for path in files]
    first, steps, origin = slices[0]
    for path, (pixels, their_steps, _) in zip(files, slices, strict=True):
        if pixels.shape != first.shape or not np.allclose(their_steps, steps, atol=1e-3):
            raise refusal(
                path,
                f"its size or orientation differs from {files[0].name}",
                expected="slices of one series",
                remedy="Leave one series in the folder.",
            )
    origins = np.array([each[2] for each in slices])
    affine_lps = np.eye(4)
    affine_lps[:3, :2] = steps
    affine_lps[:3, 2] = np.cross(steps[:, 0], steps[:, 1])
    if len(slices) > 1:
        gaps = np.diff(origins, axis=0)
        mean = gaps.mean(axis=0)
        if np.linalg.norm(gaps - mean, axis=1).max() > _STEP_TOLERANCE * np.linalg.norm(mean):
            odd = int(np.linalg.norm(gaps - mean, axis=1).argmax())
            msg = (
                f"{shown(folder)}: between {files[odd].name} and {files[odd + 1].name} the slice position moves by "
                f"{np.linalg.norm(gaps[odd]):.2f} mm, elsewhere by {np.linalg.norm(mean):.2f} mm on average; expected "
                "even steps in the order of the names. A slice is missing or two series are mixed: unpack it again."
            )
            raise DataError(msg)
        affine_lps[:3, 2] = mean
    affine_lps[:3, 3] = origin
    return scan_image(folder, np.stack([each[0] for each in slices]), LPS_TO_RAS @ affine_lps)


def _read_slice(path: Path) -> tuple[NDArray[np.generic], NDArray[np.float64], NDArray[np.float64]]:
    """Read rescaled pixels ``(Y, X)``, the steps along x and y ``(3, 2)`` and the position, both LPS in mm."""
    import SimpleITK

    warns = SimpleITK.ProcessObject.GetGlobalWarningDisplay()
    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        image = SimpleITK.ReadImage(str(path))
    except RuntimeError as error:
        raise refusal(
            path,
            "it cannot be read as DICOM",
            expected="a complete DICOM file",
            remedy="Copy or download it again.",
        ) from error
    finally:
        SimpleITK.ProcessObject.SetGlobalWarningDisplay(warns)
    array = SimpleITK.GetArrayFromImage(image)
    if array.ndim != 3 or len(array) != 1 or image.GetNumberOfComponentsPerPixel() != 1:
        raise refusal(
            path,
            f"it holds an image of shape {array.shape}",
            expected="one grey slice a file",
            remedy="Convert it to NIfTI first, for instance with dcm2niix.",
        )
    direction = np.array(image.GetDirection()).reshape(3, 3)
    steps = direction[:, :2] * np.array(image.GetSpacing()[:2])
    return array[0], steps, np.array(image.GetOrigin())


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
