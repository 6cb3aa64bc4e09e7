"""What the files of a folder hold: values of images and masks, and whatever is wrong with them."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files import Choice, ScanImage, align_mask, read_image
from bench_cases.datasets._files._dicom_header import is_dicom, read_header
from bench_cases.datasets._folder_files import image_file, mask_files
from bench_cases.errors import DataError
from bench_cases.inspection.layout import LayoutFound

MaskKind = Literal["labels", "white", "soft", "colours", "classes"]
_MOST_LABELS = 64


@dataclass(slots=True, kw_only=True)
class Contents:
    """What was found, volume by volume.

    Parameters
    ----------
    labels
        Value of the masks to voxels, in all volumes that were read; colours are ``0xRRGGBB``.
    volumes_with
        Value to the number of volumes that have it.
    means
        Value to the mean grey value of the voxels that carry it, last volume read.
    """

    read: int = 0
    coloured_images: bool = False
    flat: bool = True
    modality_codes: set[str] = field(default_factory=set)
    lowest: float = np.inf
    highest: float = -np.inf
    kind: MaskKind = "labels"
    threshold: float = 127.0
    labels: Counter[int] = field(default_factory=Counter)
    volumes_with: Counter[int] = field(default_factory=Counter)
    means: dict[int, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def look_into(root: Path, layout: LayoutFound, *, most: int) -> Contents:
    """Read up to `most` volumes with their masks; what cannot be read or paired becomes a line of `problems`."""
    contents = Contents(kind="classes" if layout.classes else "labels")
    digests: dict[str, str] = {}
    for name in layout.ids[:most]:
        path = image_file(root, layout.image, name)
        try:
            image, luminance = _image(path)
            contents.coloured_images |= luminance
            digest = hashlib.sha256(np.ascontiguousarray(image.array_zyx).tobytes()).hexdigest()
            if digest in digests:
                contents.problems.append(f"{name}: the image is the same as that of {digests[digest]}")
            digests.setdefault(digest, name)
            _note_image(contents, image, path)
            if name not in layout.without_mask and layout.masks:
                _note_masks(contents, root, layout, name, image)
        except DataError as error:
            contents.problems.append(f"{name}: {error}")
    return contents


def _image(path: Path) -> tuple[ScanImage, bool]:
    """Read an image, as grey if it must be; say whether it was in colours."""
    try:
        return read_image(path), False
    except DataError as error:
        if "colour" not in str(error):
            raise
    return read_image(path, luminance=True), True


def _note_image(contents: Contents, image: ScanImage, path: Path) -> None:
    contents.read += 1
    contents.flat &= len(image.array_zyx) == 1
    contents.lowest = min(contents.lowest, float(image.array_zyx.min()))
    contents.highest = max(contents.highest, float(image.array_zyx.max()))
    first = next((each for each in sorted(path.iterdir()) if each.is_file()), path) if path.is_dir() else path
    if is_dicom(first):
        # The code of the modality (CT, MR, ...) is a word of the standard's own and names nobody.
        code = str(read_header(first, where=path, what="a file").get("Modality") or "")
        contents.modality_codes |= {code} & {"CT", "MR", "US", "PT", "CR", "DX", "MG", "XA", "NM"}


def _note_masks(contents: Contents, root: Path, layout: LayoutFound, name: str, image: ScanImage) -> None:
    files = mask_files(root, layout.masks, name, image.source, layout.classes)
    files = [file for file in files if file.exists() or not layout.classes]
    voxels = Counter[int]()
    for number, file in enumerate(files, start=1):
        mask, colours = _mask(file)
        aligned = align_mask(image, mask)
        values = _values(contents, aligned, colours=colours)
        for value, inside in values.items():
            label = layout.classes.index(file.name.split(".")[0]) + 1 if layout.classes else value
            count = int(np.count_nonzero(inside))
            voxels[label if contents.kind != "soft" else number] += count
            if count:
                contents.means[label] = float(image.array_zyx[inside].mean())
    contents.labels += voxels
    contents.volumes_with += Counter(dict.fromkeys(+voxels, 1))
    if not +voxels:
        contents.problems.append(f"{name}: its masks are empty")


def _mask(file: Path) -> tuple[ScanImage, bool]:
    try:
        return read_image(file), False
    except DataError as error:
        if "colour" not in str(error):
            raise
    packed = read_image(file, choice=Choice(colour="packed"))
    return replace(packed, array_zyx=packed.array_zyx.astype(np.int32)), True


def _values(contents: Contents, mask: NDArray[np.generic], *, colours: bool) -> dict[int, NDArray[np.bool_]]:
    """Split a mask into what its values mean, and note which kind of mask it is."""
    real = [value for value in np.unique(mask).tolist() if value != 0]
    if contents.kind == "classes":
        return {1: np.not_equal(mask, 0)}
    if colours:
        contents.kind = "colours"
    elif real and (len(real) > _MOST_LABELS or any(value != int(value) or value < 0 for value in real)):
        contents.kind = "soft"
        contents.threshold = 0.5 if max(real) <= 1 else 127.0
        return {1: np.greater(mask, contents.threshold)}
    elif contents.kind == "labels" and real == [255]:
        contents.kind, contents.threshold = "white", 127.0
    elif contents.kind == "white" and any(value != 255 for value in real):
        contents.kind = "labels"
    elif contents.kind == "soft":
        return {1: np.greater(mask, contents.threshold)}
    return {int(value): np.equal(mask, value) for value in real}
