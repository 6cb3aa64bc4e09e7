"""Checking compressed data to its last byte, because SimpleITK returns half-read images without an error."""

from __future__ import annotations

import zlib
from pathlib import Path

from bench_cases.datasets._files._scan import refusal

_CHUNK = 1 << 20
_EITHER_HEADER = 47  # zlib's wbits for "zlib or gzip, whichever the header says"


def check_compressed(path: Path, *, offset: int, declared: int) -> None:
    """Decompress a zlib or gzip stream and throw the result away; checksum and length must be right.

    Parameters
    ----------
    offset
        Where the stream starts in the file, in bytes.
    declared
        Bytes that must come out, at least.

    Raises
    ------
    DataError
        When the stream ends early, is damaged, or holds too little.
    """
    inflater = zlib.decompressobj(_EITHER_HEADER)
    inflated = 0
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            while not inflater.eof and (chunk := stream.read(_CHUNK)):
                while chunk:
                    inflated += len(inflater.decompress(chunk, _CHUNK))
                    chunk = inflater.unconsumed_tail
    except zlib.error as error:
        raise _damaged(path, f"its compressed data are damaged ({error})") from error
    if not inflater.eof:
        raise _damaged(path, f"its compressed data break off after {inflated} bytes")
    if inflated < declared:
        raise _damaged(path, f"its compressed data hold {inflated} of the {declared} bytes that its header declares")


def _damaged(path: Path, wrong: str) -> Exception:
    return refusal(path, wrong, expected="a complete file", remedy="It is truncated or damaged: copy it again.")
