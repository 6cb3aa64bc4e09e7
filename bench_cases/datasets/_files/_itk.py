"""What MetaImage, NRRD, GIPL and Analyze share: SimpleITK, its axes and its error texts."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files._axes import one_volume, padded_shape
from bench_cases.datasets._files._choice import Choice
from bench_cases.datasets._files._scan import ScanImage, refusal, refuse_beyond_memory, refuse_odd_type, scan_image
from bench_cases.datasets._files._scanner import scanner

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])


def declared(path: Path, choice: Choice) -> int:
    """Read the header only: bytes of voxels it declares.

    Raises
    ------
    DataError
        For damaged headers, complex numbers, and for several volumes in a file when none was chosen.
    """
    import SimpleITK

    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(str(path))
    quietly(path, reader.ReadImageInformation)
    components = reader.GetNumberOfComponents()
    shape = (*padded_shape(path, tuple(reader.GetSize()))[:4], components)
    if components > 1 and choice.channel is None and choice.colour == "refuse":
        raise refusal(
            path,
            f"it has {components} values a voxel (colours or vectors)",
            expected="one grey value or label a voxel",
            remedy="Name one in dataset.toml, channel = 0, or save it as a file of its own.",
        )
    size = _item_bytes(path, SimpleITK.GetPixelIDValueAsString(reader.GetPixelID())) * math.prod(shape)
    refuse_beyond_memory(path, size, math.prod(shape[:3]))
    one_volume(path, np.broadcast_to(np.uint8(0), shape), choice)
    return size


def read(path: Path, choice: Choice) -> ScanImage:
    """Read voxels and geometry of a file that `declared` found fit."""
    import SimpleITK

    image = quietly(path, lambda: SimpleITK.ReadImage(str(path)))
    stored = SimpleITK.GetArrayFromImage(image)
    refuse_odd_type(path, stored.dtype)
    components = image.GetNumberOfComponentsPerPixel()
    by_component = np.moveaxis(stored, -1, 0) if components > 1 else stored[np.newaxis]
    shape = (*padded_shape(path, tuple(image.GetSize()))[:4], components)
    array_xyz = one_volume(path, by_component.reshape(shape[::-1]).T, choice)
    scan = scan_image(path, array_xyz.T, affine_ras(image))
    return replace(scan, scanner=scanner({key: image.GetMetaData(key) for key in image.GetMetaDataKeys()}))


def decoded(where: Path, path: Path) -> Any:
    """Decode a DICOM file after what GDCM makes of its header was looked at: pydicom may have read another of two tags.

    Parameters
    ----------
    where
        What messages name: the file, or the folder of a series.

    Raises
    ------
    DataError
        For a file that claims more than memory can hold, or cannot be decoded.
    """
    import SimpleITK

    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(str(path))
    quietly(where, reader.ReadImageInformation, what="its pixels")
    voxels = math.prod((*reader.GetSize(), reader.GetNumberOfComponents()))
    item_bytes = _item_bytes(where, SimpleITK.GetPixelIDValueAsString(reader.GetPixelID()))
    refuse_beyond_memory(where, voxels * item_bytes, voxels)
    return quietly(where, reader.Execute, what="its pixels")


def affine_ras(image: Any) -> NDArray[np.float64]:
    """Return the affine from voxel indices ``(x, y, z)`` to RAS millimetres; SimpleITK itself speaks LPS."""
    axes = min(image.GetDimension(), 3)
    full = image.GetDimension()
    direction = np.eye(3)
    direction[:axes, :axes] = np.array(image.GetDirection()).reshape(full, full)[:axes, :axes]
    spacing = np.array([*image.GetSpacing()[:3], 1.0][:3])
    affine_lps = np.eye(4)
    affine_lps[:3, :3] = direction * spacing
    affine_lps[:axes, 3] = image.GetOrigin()[:axes]
    return LPS_TO_RAS @ affine_lps


def _item_bytes(path: Path, kind: str) -> int:
    """Bytes a voxel from SimpleITK's wording of the type, for instance ``16-bit signed integer``."""
    found = re.search(r"(\d+)-bit (un)?(signed|float)", kind)
    if found is None:
        raise refusal(
            path,
            f"its voxels are of type {kind!r}",
            expected="real numbers, one a voxel",
            remedy="Convert it to grey values or integer labels first.",
        )
    return int(found[1]) // 8


def quietly(path: Path, action: Any, *, what: str = "it") -> Any:
    """Run a SimpleITK action without its C++ warnings; its error becomes one `DataError` about `what`.

    The error's own text is left out: it quotes the header, in which patients are named, and the names of files.
    """
    import SimpleITK

    warns = SimpleITK.ProcessObject.GetGlobalWarningDisplay()
    SimpleITK.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        return action()
    except RuntimeError:
        raise refusal(
            path,
            f"SimpleITK cannot read {what}",
            expected="a complete, undamaged file",
            remedy="Copy it again or export it as .nii.gz.",
        ) from None
    finally:
        SimpleITK.ProcessObject.SetGlobalWarningDisplay(warns)
