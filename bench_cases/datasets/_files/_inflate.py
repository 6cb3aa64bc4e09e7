"""Decompressing gzip as fast as a kept library can: ISA-L's inflate, and zlib's where ISA-L has no build.

ISA-L inflates a CT about twice as fast as zlib (`benchmark/test_reading.py` compares them in one run), and inflating is
most of what reading a ``.nii.gz`` takes.
"""

from __future__ import annotations

import gzip
import zlib
from typing import IO, Any, cast


def open_gzip(raw: IO[bytes]) -> Any:
    """Return a readable stream of what `raw` holds compressed; its checksum is compared when the end is reached."""
    try:
        from isal import igzip
    except ImportError:
        return gzip.GzipFile(fileobj=raw)
    return igzip.IGzipFile(fileobj=raw)


def damage() -> type[Exception]:
    """Return the error that ISA-L raises on damaged bytes; zlib's own where ISA-L is not there."""
    try:
        from isal import isal_zlib
    except ImportError:
        return zlib.error
    return cast("type[Exception]", isal_zlib.error)
