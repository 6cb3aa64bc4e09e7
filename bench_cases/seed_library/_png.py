"""Grey PNG pictures to and from bytes that are not trusted: what a header declares is checked before it is believed."""

from __future__ import annotations

import io
import struct

import numpy as np
from numpy.typing import NDArray

from bench_cases.errors import SeedError

LARGEST_BYTES = 32 << 20
"""Bytes of one picture file."""

LARGEST_PIXELS = 1 << 25
"""Pixels of one picture: a chest radiograph has 20 million."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEADER = struct.Struct(">IIBB")
_EIGHT_BIT_GREY = (8, 0)


def to_png(grey_yx: NDArray[np.uint8]) -> bytes:
    """Return an 8-bit grey PNG: pixels and nothing else."""
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(grey_yx)).save(stream, "PNG", optimize=True)
    return stream.getvalue()


def from_png(content: bytes, *, size_yx: tuple[int, int], where: str) -> NDArray[np.uint8]:
    """Return the grey values ``(Y, X)`` of an 8-bit grey PNG of a known size.

    Parameters
    ----------
    size_yx
        What the record says; a picture that says otherwise is refused before a pixel is allocated.
    where
        Name of the picture for messages.

    Raises
    ------
    SeedError
        For what is no such PNG, or a damaged one.
    """
    if len(content) < 33 or content[:8] != _SIGNATURE or content[12:16] != b"IHDR":
        msg = f"{where} is no PNG; expected an 8-bit grey picture. Make or import the seed again."
        raise SeedError(msg)
    width, height, *kind = _HEADER.unpack_from(content, 16)
    if (height, width) != size_yx or tuple(kind) != _EIGHT_BIT_GREY:
        msg = (
            f"{where} is {height} x {width} pixels of {kind[0]} bits, colour type {kind[1]}; expected {size_yx[0]} x "
            f"{size_yx[1]} of 8 bits, grey. Make or import the seed again."
        )
        raise SeedError(msg)
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
            grey_yx = np.asarray(picture)
    except Exception as error:  # Pillow's parsers raise a dozen kinds of error on bytes that are damaged
        msg = f"{where} cannot be read: it is truncated or damaged. Make or import the seed again."
        raise SeedError(msg) from error
    return grey_yx
