"""How many slices a file holds, from its header or its name: no voxel is read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bench_cases.datasets._files import metaimage, nifti, nrrd, pair
from bench_cases.datasets._files._dicom_header import is_dicom, numbers, read_header
from bench_cases.datasets._files._itk import quietly
from bench_cases.datasets._files._pictures import pictures_in

_DEEPEST = 1 << 31
"""No scan has so many slices: a header that says so is damaged, and its number would be all the work there is."""


def depths(paths: Iterable[tuple[str, Path]]) -> dict[str, int]:
    """Return the depth of each file of volume ids and paths; those that cannot be told are left out.

    For work that is shared out before it is read: a damaged file is the error of its own cases, later.
    """
    found: dict[str, int] = {}
    for volume_id, path in paths:
        try:
            count = _depth(path) if path.is_file() else _of_folder(path)
        except Exception:  # noqa: BLE001, S112 - bytes that are not trusted, in ways that no parser foresaw
            continue
        if count and 0 < count < _DEEPEST:
            found[volume_id] = count
    return found


def _of_folder(path: Path) -> int:
    """Return the number of its pictures or DICOM files."""
    return len(pictures_in(path)) or sum(member.is_file() and is_dicom(member) for member in path.iterdir())


def _depth(path: Path) -> int | None:
    """Return the size along the third axis as it is stored."""
    name = path.name.lower()
    if name.endswith((*nifti.READER.suffixes, *pair.READER.suffixes)):
        shape = nifti.shape_claimed(pair.half(path, ".hdr") if name.endswith(pair.READER.suffixes) else path)
        return None if shape is None else _third(shape)
    if name.endswith((".mha", ".mhd", ".nrrd", ".nhdr", ".gipl", ".gipl.gz")):
        import SimpleITK

        if name.endswith((".mha", ".mhd")):
            metaimage.header(path)
        elif name.endswith((".nrrd", ".nhdr")):
            nrrd.header(path)
        reader = SimpleITK.ImageFileReader()
        reader.SetFileName(str(path))
        quietly(path, reader.ReadImageInformation)
        return _third(reader.GetSize())
    if name.endswith((".png", ".jpg", ".jpeg", ".bmp")):
        return 1
    if is_dicom(path):
        header = read_header(path, where=path.parent, what="a file")
        frames = numbers(header, "NumberOfFrames", 1) if header.get("NumberOfFrames") else (1.0,)
        return int(frames[0]) if frames is not None and 1 <= frames[0] < 2**31 else None
    return None


def _third(shape: Iterable[int]) -> int:
    sizes = tuple(shape)
    return int(sizes[2]) if len(sizes) > 2 else 1
