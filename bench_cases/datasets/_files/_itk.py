"""What MetaImage, NRRD, GIPL and Analyze share: SimpleITK, its axes and its error texts."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bench_cases.datasets._files._scan import ScanImage, refusal, refuse_odd_type, scan_image, squeezed_shape
from bench_cases.datasets._files._scanner import scanner

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def declared(path: Path) -> tuple[tuple[int, int, int], int]:
    """Read the header only: shape ``(x, y, z)`` and bytes of voxels it declares.

    Raises
    ------
    DataError
        For damaged headers, more than three axes, colours, vectors and complex numbers.
    """
    import SimpleITK

    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(str(path))
    _quietly(path, reader.ReadImageInformation)
    shape_xyz = squeezed_shape(path, tuple(reader.GetSize()))
    if reader.GetNumberOfComponents() > 1:
        raise refusal(
            path,
            f"it has {reader.GetNumberOfComponents()} values a voxel (colours or vectors)",
            expected="one grey value or label a voxel",
            remedy="Save the channel to be segmented as a file of its own.",
        )
    itemsize = _item_bytes(path, SimpleITK.GetPixelIDValueAsString(reader.GetPixelID()))
    return shape_xyz, itemsize * shape_xyz[0] * shape_xyz[1] * shape_xyz[2]


def read(path: Path, shape_xyz: tuple[int, int, int]) -> ScanImage:
    """Read voxels and geometry; `shape_xyz` is what `declared` found."""
    import SimpleITK

    image = _quietly(path, lambda: SimpleITK.ReadImage(str(path)))
    array = SimpleITK.GetArrayFromImage(image)
    refuse_odd_type(path, array.dtype)
    axes = min(image.GetDimension(), 3)
    full = image.GetDimension()
    direction = np.eye(3)
    direction[:axes, :axes] = np.array(image.GetDirection()).reshape(full, full)[:axes, :axes]
    spacing = np.array([*image.GetSpacing()[:3], 1.0][:3])
    affine_lps = np.eye(4)
    affine_lps[:3, :3] = direction * spacing
    affine_lps[:axes, 3] = image.GetOrigin()[:axes]
    scan = scan_image(path, array.reshape(shape_xyz[::-1]), LPS_TO_RAS @ affine_lps)
    return replace(scan, scanner=scanner({key: image.GetMetaData(key) for key in image.GetMetaDataKeys()}))


def _item_bytes(path: Path, kind: str) -> int:
    """Bytes a voxel from SimpleITK's wording of the type, for instance ``16-bit signed integer``."""
    found = re.match(r"(\d+)-bit (un)?(signed|float)", kind)
    if found is None:
        raise refusal(
            path,
            f"its voxels are of type {kind!r}",
            expected="real numbers, one a voxel",
            remedy="Convert it to grey values or integer labels first.",
        )
    return int(found[1]) // 8


def _quietly(path: Path, action: Any) -> Any:
    """Run a SimpleITK action without its C++ warnings; its error becomes one `DataError`."""
    import SimpleITK

    warns = SimpleITK.ProcessObject.GetGlobalWarningDisplay()
    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        return action()
    except RuntimeError as error:
        raise refusal(
            path,
            f"SimpleITK cannot read it ({_reason(str(error), path)})",
            expected="a complete, undamaged file",
            remedy="Copy it again or export it as .nii.gz.",
        ) from error
    finally:
        SimpleITK.ProcessObject.SetGlobalWarningDisplay(warns)


def _reason(text: str, path: Path) -> str:
    """Take the last line of an ITK error that says something, without paths of this machine."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith("Reason: No such file")] or ["no reason given"]
    return lines[-1].replace(str(path), path.name).replace(str(path.parent), "")[:160]
