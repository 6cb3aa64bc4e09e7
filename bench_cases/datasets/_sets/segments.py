"""The form of 3D Slicer's segmentations (``.seg.nrrd``), whose label values differ from file to file.

The header says which value is which: ``Segment0_Name``, ``Segment0_LabelValue``. Values are renamed to the set's ids
by the names of the segments.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files import ScanImage, read_image
from bench_cases.datasets._files._itk import LPS_TO_RAS
from bench_cases.datasets._files._scan import scan_image, shown
from bench_cases.datasets._sets.form import Form
from bench_cases.errors import DataError


def segments(names: Mapping[str, int]) -> Form:
    """Return the form for segments whose name contains one of `names` (in lower case), which become those ids.

    A file that names no segment and holds a single value is taken as the first of `names`, if there is but one.
    """

    def read(path: Path) -> ScanImage:
        scan = read_image(path)
        values = _values(path)
        ids = np.zeros(scan.array_zyx.shape, np.uint8)
        known = {value: label for value, name in values.items() for part, label in names.items() if part in name}
        if not known and not values and len(names) == 1:
            known = dict.fromkeys((int(value) for value in np.unique(scan.array_zyx) if value), *names.values())
        if not known:
            listed = ", ".join(values.values()) or "none"
            msg = (
                f"{shown(path)}: its header names the segments {listed}; expected names with "
                f"{' or '.join(names)}. Download it again, or name the segments in 3D Slicer."
            )
            raise DataError(msg)
        for value, label in known.items():
            ids[scan.array_zyx == value] = label
        return scan_image(path, ids, scan.affine_xyz)

    def write(path: Path, channels: tuple[NDArray[np.generic], ...], affine_xyz: NDArray[np.float64]) -> None:
        import SimpleITK

        affine_lps = LPS_TO_RAS @ affine_xyz
        spacing = np.linalg.norm(affine_lps[:3, :3], axis=0)
        image = SimpleITK.GetImageFromArray(channels[0].astype(np.uint8))
        image.SetSpacing([float(size) for size in spacing])
        image.SetDirection([float(value) for value in (affine_lps[:3, :3] / spacing).ravel()])
        image.SetOrigin([float(value) for value in affine_lps[:3, 3]])
        for number, (name, label) in enumerate(names.items()):
            image.SetMetaData(f"Segment{number}_Name", name.capitalize())
            image.SetMetaData(f"Segment{number}_LabelValue", str(label))
        SimpleITK.WriteImage(image, str(path), useCompression=True)

    return Form(read=read, write=write)


def _values(path: Path) -> dict[int, str]:
    """Read the segments' names, in lower case, by label value."""
    import SimpleITK

    reader = SimpleITK.ImageFileReader()
    reader.SetFileName(str(path))
    reader.ReadImageInformation()
    keys = reader.GetMetaDataKeys()
    numbers = [match[1] for key in keys if (match := re.fullmatch(r"Segment(\d+)_Name", key))]
    return {
        int(reader.GetMetaData(f"Segment{number}_LabelValue")): reader.GetMetaData(f"Segment{number}_Name").lower()
        for number in numbers
        if f"Segment{number}_LabelValue" in keys
    }
