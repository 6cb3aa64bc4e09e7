"""Forms of pictures: PNG, JPEG, TIFF, folders of them, and MetaImages whose third axis is the colour."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files import ScanImage, natural, read_image
from bench_cases.datasets._files._scan import scan_image, shown
from bench_cases.datasets._sets.form import Form
from bench_cases.errors import DataError


def files_of(folder: Path, suffix: str) -> list[Path]:
    """List the files of a folder that end in `suffix`, by name in natural order; hidden ones are left out.

    Raises
    ------
    DataError
        When there is no such folder, or nothing in it.
    """
    names = [path for path in folder.iterdir() if not path.name.startswith(".")] if folder.is_dir() else []
    found = sorted((path for path in names if path.name.lower().endswith(suffix)), key=lambda path: natural(path.name))
    if not found:
        msg = (
            f"{shown(folder)}: no *{suffix} file is there; expected a folder with one a slice. "
            "Unpack the archive again, or name the folder as the set does."
        )
        raise DataError(msg)
    return found


def _read_stack(folder: Path) -> ScanImage:
    slices = [read_image(path, luminance=True).array_zyx for path in files_of(folder, ".png")]
    sizes = {each.shape for each in slices}
    if len(sizes) > 1:
        msg = f"{shown(folder)}: its pictures differ in size; expected slices of one size. Unpack the archive again."
        raise DataError(msg)
    return scan_image(folder, np.concatenate(slices), np.eye(4), geometry=False)


def _write_picture(
    path: Path, channels: tuple[NDArray[np.generic], ...], _affine: NDArray[np.float64], *, colour: bool = False
) -> None:
    from PIL import Image

    pixels = channels[0][0].astype(np.uint8)
    picture = Image.fromarray(np.repeat(pixels[..., None], 3, axis=2) if colour else pixels)
    with path.open("wb") as stream:
        picture.save(stream, format=_FORMATS[path.suffix.lower()])


_FORMATS = {".png": "PNG", ".jpg": "JPEG", ".tif": "TIFF"}


def _write_bits(path: Path, channels: tuple[NDArray[np.generic], ...], _affine: NDArray[np.float64]) -> None:
    from PIL import Image

    Image.fromarray(channels[0][0] > 0).save(path)


def png_stack(name: Callable[[int], str]) -> Form:
    """Return the form of a folder with one PNG a slice, paired with the image's slices in order of names."""

    def write(folder: Path, channels: tuple[NDArray[np.generic], ...], affine_xyz: NDArray[np.float64]) -> None:
        folder.mkdir(exist_ok=True)
        for z, pixels in enumerate(channels[0]):
            _write_picture(folder / name(z), (pixels[None],), affine_xyz)

    return Form(read=_read_stack, write=write)


def _read_colour_axis(path: Path) -> ScanImage:
    """Read a MetaImage whose three slices are copies of one picture."""
    scan = read_image(path)
    planes = scan.array_zyx
    if len(planes) not in {1, 3} or not (planes == planes[:1]).all():
        msg = (
            f"{shown(path)}: shape {planes.shape} (Z, Y, X) with planes that differ; expected one grey picture, or "
            "three equal planes (its colours). Download the set again."
        )
        raise DataError(msg)
    return scan_image(path, planes[:1], np.eye(4), geometry=False)


def _write_mha(
    path: Path, channels: tuple[NDArray[np.generic], ...], _affine: NDArray[np.float64], *, planes: int
) -> None:
    import SimpleITK

    pixels = channels[0][0].astype(np.uint8)
    array = pixels if planes == 1 else np.repeat(pixels[None], planes, axis=0)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(array), str(path), useCompression=True)


GREY = Form(read=functools.partial(read_image, luminance=True), write=_write_picture)
COLOUR = Form(read=functools.partial(read_image, luminance=True), write=functools.partial(_write_picture, colour=True))
"""Grey pictures saved in colour, as ultrasound machines do; read as luminance."""

BITS = Form(read=functools.partial(read_image, luminance=True), write=_write_bits)
"""Masks of one bit a pixel, read as 0 and 1; where a set has some in colour, those pass as luminance."""

MHA_COLOUR = Form(read=_read_colour_axis, write=functools.partial(_write_mha, planes=3))
MHA_GREY = Form(read=_read_colour_axis, write=functools.partial(_write_mha, planes=1))
