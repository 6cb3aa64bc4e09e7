"""Pictures (PNG, JPEG, TIFF), read with Pillow: grey values of 8 or 16 bits, 1-bit masks, pages as slices."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files._choice import Choice
from bench_cases.datasets._files._pieces import InPieces
from bench_cases.datasets._files._scan import Reader, ScanImage, refusal, refuse_beyond_memory, scan_image
from bench_cases.errors import DataError

_COLOUR_MODES = {"RGB", "RGBA", "P", "CMYK", "YCbCr"}
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP")
_MOST_PAGES = 1 << 15
_RUN_LENGTHS = {1, 2}
"""BMP's own numbers of packing by run length, of 8 and of 4 bits."""
_GREY_MODES = {"1", "L", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"}


def read(path: Path, choice: Choice) -> ScanImage:
    """Read a picture as a volume with one slice a page; it has no voxel size and no position.

    Colour pictures are taken as grey only when their channels are equal, as ultrasound and X-ray exports often are,
    or as `choice` says: their luminance, one channel, one number a colour, or a palette's indices.

    Raises
    ------
    DataError
        See `bench_cases.datasets._files.read_image`.
    """
    from PIL import Image

    _hush()
    try:
        # Only these: by default Pillow would hand a PostScript file, whatever its name, to a program that runs it.
        with path.open("rb") as stream, Image.open(cast("IO[bytes]", InPieces(stream)), formats=_FORMATS) as picture:
            _refuse_run_lengths(path, picture)
            pages = [_grey(path, *_chosen(path, picture, choice)) for _ in _pages(path, picture)]
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise refusal(
            path, f"it is too large ({error})", expected="a picture that fits into memory", remedy="Downsample it."
        ) from error
    except (DataError, MemoryError):
        raise
    except Exception as error:  # Pillow's parsers raise a dozen kinds of error on bytes that are damaged
        raise refusal(
            path,
            "Pillow cannot read it: it is truncated, damaged or not a picture",
            expected="a complete PNG, JPEG or TIFF",
            remedy="Copy or export it again.",
        ) from error
    sizes = {page.shape for page in pages}
    if len(sizes) > 1:
        raise refusal(
            path,
            f"its {len(pages)} pages differ in size",
            expected="pages of one size",
            remedy="Save the pages as files of their own.",
        )
    return scan_image(path, np.stack(pages), np.eye(4), geometry=False)


def _refuse_run_lengths(path: Path, picture: Any) -> None:
    """Refuse a BMP packed by run length: a hundred bytes may claim any size, which Pillow fills row by row."""
    if picture.format == "BMP" and picture.info.get("compression") in _RUN_LENGTHS:
        raise refusal(
            path, "it is a BMP packed by run length", expected="a BMP that is not packed", remedy="Save it as PNG."
        )


def _hush() -> None:
    """Keep Pillow from logging, at level DEBUG, the value of every tag of a TIFF: descriptions, artists, dates.

    For good and not for the time of a read: volumes are read on several threads.
    """
    logger = logging.getLogger("PIL")
    if logger.level < logging.INFO:
        logger.setLevel(logging.INFO)


def _pages(path: Path, picture: Any) -> Iterator[int]:
    """Go from page to page; all together are refused before they fill the memory, though one strip may serve many."""
    for page in range(_MOST_PAGES + 1):
        try:
            picture.seek(page)
        except EOFError:
            return
        pixels = (page + 1) * picture.width * picture.height
        refuse_beyond_memory(path, pixels * len(picture.getbands()), pixels)
        yield page
    raise refusal(
        path, f"it has more than {_MOST_PAGES} pages", expected="fewer", remedy="Save the pages as files of their own."
    )


def _chosen(path: Path, picture: Any, choice: Choice) -> tuple[str, NDArray[np.generic]]:
    """Mode and pixels of a page after the choice was made; what the choice does not touch comes as it is."""
    coloured = picture.mode in _COLOUR_MODES
    if coloured and choice.colour == "luminance":
        return "L", np.asarray(picture.convert("L"))
    if picture.mode == "P" and choice.colour == "index":
        return "L", np.asarray(picture)
    if coloured and choice.colour == "packed":
        red, green, blue = np.moveaxis(np.asarray(picture.convert("RGB")).astype(np.int32), -1, 0)
        return "I", red << 16 | green << 8 | blue
    if coloured and choice.channel is not None:
        colours = np.asarray(picture.convert("RGB"))
        if not 0 <= choice.channel < 3:
            raise refusal(
                path,
                f"it has 3 channels, and channel {choice.channel} was asked for",
                expected="a number from 0 to 2",
                remedy="Correct channel in dataset.toml.",
            )
        return "L", colours[..., choice.channel]
    return picture.mode, np.asarray(picture)


def _grey(path: Path, mode: str, pixels: NDArray[np.generic]) -> NDArray[np.generic]:
    """Bring one page to grey ``(Y, X)``; 1-bit masks become ``uint8`` 0 and 1."""
    if mode in _GREY_MODES:
        return pixels.astype(np.uint8) if pixels.dtype == np.bool_ else pixels
    if mode in {"LA", "RGB", "RGBA"}:
        opaque = mode == "RGB" or bool((pixels[..., -1] == 255).all())
        colours = pixels if mode == "RGB" else pixels[..., :-1]
        if opaque and bool((colours == colours[..., :1]).all()):
            return colours[..., 0]
    raise refusal(
        path,
        f"it is a colour, palette or transparent picture (mode {mode})",
        expected="grey values, or colour channels that are equal",
        remedy=(
            "Convert it to 8-bit or 16-bit grey (labels as grey values), or say in dataset.toml what is meant: "
            'colour = "luminance" for an image; a table [colours], or mask_colour = "index", for a mask.'
        ),
    )


READER = Reader(suffixes=(".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp"), read=read)
