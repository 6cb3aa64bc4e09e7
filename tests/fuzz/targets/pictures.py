"""Pictures: PNG (its checksums mended, which would stop all else), JPEG, TIFF and BMP."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from tests.fuzz.target import Target
from tests.fuzz.targets.scans import as_file, read

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"iCCP", b"zTXt", b"iTXt", b"acTL", b"fcTL", b"fdAT", b"eXIf")


def mended(content: bytes) -> bytes:
    """Return a PNG of which every chunk has the checksum that it should have."""
    if not content.startswith(_SIGNATURE):
        return content
    out, at = bytearray(_SIGNATURE), len(_SIGNATURE)
    while at + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, at)
        body = content[at + 4 : at + 8 + length]
        out += content[at : at + 4] + body + struct.pack(">I", zlib.crc32(body))
        at += 12 + length
    return bytes(out + content[at:])


def _png(content: bytes, folder: Path) -> object:
    (folder / "a.png").write_bytes(mended(content))
    return read(folder / "a.png")


def _made(suffix: str, modes: tuple[str, ...]) -> Callable[[Path], Iterator[bytes]]:
    def make(folder: Path) -> Iterator[bytes]:
        from PIL import Image

        grey = Image.fromarray(np.arange(108, dtype=np.uint8).reshape(9, 12))
        for mode in modes:
            path = folder / f"{mode.replace(';', '')}{suffix}"
            grey.convert(mode).save(path)
            yield path.read_bytes()
        if suffix == ".tif":
            grey.save(folder / "pages.tif", save_all=True, append_images=[grey, grey], compression="tiff_deflate")
            yield (folder / "pages.tif").read_bytes()

    return make


TARGETS = (
    Target(name="png", feed=_png, corpus=_made(".png", ("1", "L", "I;16", "P", "RGBA", "LA")), words=_PNG),
    Target(name="jpeg", feed=as_file("a.jpg"), corpus=_made(".jpg", ("L", "RGB", "CMYK")), real=(".jpeg", ".jpg")),
    Target(name="tiff", feed=as_file("a.tif"), corpus=_made(".tif", ("1", "L", "I;16", "F", "RGB"))),
    Target(name="bmp", feed=as_file("a.bmp"), corpus=_made(".bmp", ("1", "L", "P", "RGB"))),
)
