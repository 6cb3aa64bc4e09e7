"""Pictures (PNG, JPEG, TIFF), read with Pillow: grey values of 8 or 16 bits, 1-bit masks, pages as slices."""

from __future__ import annotations

import functools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files._scan import Reader, ScanImage, refusal, scan_image
from bench_cases.errors import DataError

_COLOUR_MODES = {"RGB", "RGBA", "P", "CMYK", "YCbCr"}
_GREY_MODES = {"1", "L", "I", "F", "I;16", "I;16B", "I;16L", "I;16N"}


def read(path: Path, *, luminance: bool = False) -> ScanImage:
    """Read a picture as a volume with one slice a page; it has no voxel size and no position.

    Colour pictures are taken as grey only when their channels are equal, as ultrasound and X-ray exports often are,
    or when `luminance` is asked for (ITU-R 601-2, as Pillow converts).

    Raises
    ------
    DataError
        See `bench_cases.datasets._files.read_image`.
    """
    from PIL import Image

    try:
        with Image.open(path) as picture:
            pages = []
            for page in range(getattr(picture, "n_frames", 1)):
                picture.seek(page)
                shade = picture.convert("L") if luminance and picture.mode in _COLOUR_MODES else picture
                pages.append(_grey(path, shade.mode, np.asarray(shade)))
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
            "Convert it to 8-bit or 16-bit grey (labels as grey values), or, for images, set "
            'colour = "luminance" in dataset.toml.'
        ),
    )


READER = Reader(
    suffixes=(".png", ".jpg", ".jpeg", ".tif", ".tiff"), read=read, read_colour=functools.partial(read, luminance=True)
)
