"""A folder of pictures, one a slice, as one volume."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from bench_cases.datasets._files import raster
from bench_cases.datasets._files._choice import Choice
from bench_cases.datasets._files._scan import ScanImage, refusal, scan_image, shown


def natural(text: str) -> list[tuple[int, str]]:
    """Sort key that puts ``img2`` before ``img10``."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", text)]


def pictures_in(folder: Path) -> list[Path]:
    """List the pictures of a folder in natural order; hidden files and other files are left out."""
    found = [
        path
        for path in folder.iterdir()
        if path.name.lower().endswith(raster.READER.suffixes) and not path.name.startswith(".") and path.is_file()
    ]
    return sorted(found, key=lambda path: natural(path.name))


def read_pictures(folder: Path, choice: Choice) -> ScanImage:
    """Stack the pictures of a folder, first name first; they have no voxel size and no position.

    Raises
    ------
    DataError
        For pictures of different sizes or with several pages, and as `raster.read` says.
    """
    files = pictures_in(folder)
    scans = [raster.read(path, choice) for path in files]
    first = scans[0].array_zyx
    for path, scan in zip(files, scans, strict=True):
        if len(scan.array_zyx) != 1 or scan.array_zyx.shape != first.shape:
            size, other = (" x ".join(map(str, each.shape[::-1])) for each in (scan.array_zyx, first))
            raise refusal(
                folder,
                f"{shown(path)} has {size} pixels and {shown(files[0])} has {other} (x, y, pages)",
                expected="single pictures of one size",
                remedy="Take what does not belong out of the folder.",
            )
    # Numbered, so that they sort as they were stacked: names that are paired are compared in natural order.
    names = tuple(f"{number:06d}" for number in range(len(files)))
    return scan_image(
        folder, np.concatenate([scan.array_zyx for scan in scans]), np.eye(4), geometry=False, slice_files=names
    )
