"""A stream for parsers that believe a length which four bytes of a file claim, and make room for it."""

from __future__ import annotations

from typing import Any, Final

PIECE: Final = 1 << 18
"""Bytes that are read at once."""


class InPieces:
    """A stream that makes no room for bytes before they come.

    Parameters
    ----------
    stream
        What is read, compressed or not; whatever else is asked of it goes there.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes, a piece at a time."""
        pieces = []
        while size > PIECE and (piece := self._stream.read(PIECE)):
            pieces.append(piece)
            size -= len(piece)
        pieces.append(self._stream.read(min(size, PIECE)))
        return b"".join(pieces)
