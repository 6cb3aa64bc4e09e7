"""What the first bytes of a NIfTI or Analyze header say: its layout, its axes, and where its voxels begin.

Enough to choose a parser and to count slices. What follows is the parser's: an extension may claim any length.
"""

from __future__ import annotations

import struct
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

LENGTH: Final = 176
"""Bytes in which all of it stands; a whole header has 348 or 540."""


class Start(NamedTuple):
    """The fields, in the byte order in which the first of them makes sense.

    Parameters
    ----------
    header_bytes
        348: NIfTI-1 or Analyze 7.5, which have their axes in one place; 540: NIfTI-2.
    axes
        Number of axes; 1 to 7 in a header that is not damaged.
    shape_xyz
        Lengths of those axes, as claimed; empty where their number makes no sense.
    offset
        Where the voxels begin, as claimed. Of a pair, in its second file.
    """

    header_bytes: Literal[348, 540]
    axes: int
    shape_xyz: tuple[int, ...]
    offset: float


class _Layout(NamedTuple):
    """Where the fields stand, and what they are: (place, format) as `struct` has it."""

    axes: tuple[int, str]
    offset: tuple[int, str]


_LAYOUTS: Final = MappingProxyType[Literal[348, 540], _Layout](
    {348: _Layout(axes=(40, "8h"), offset=(108, "f")), 540: _Layout(axes=(16, "8q"), offset=(168, "q"))}
)


def start_of(head: bytes) -> Start | None:
    """Take the fields from the first bytes of a header, in either byte order; None when it is no such header.

    Parameters
    ----------
    head
        `LENGTH` bytes; what is missing counts as zeros.

    Examples
    --------
    >>> head = struct.pack(">i36x8h", 348, 3, 512, 512, 40, 1, 1, 1, 1)
    >>> start_of(head)
    Start(header_bytes=348, axes=3, shape_xyz=(512, 512, 40), offset=0.0)
    """
    whole = head.ljust(LENGTH, b"\0")
    for order in ("<", ">"):
        (size,) = struct.unpack_from(f"{order}i", whole)
        for header_bytes, layout in _LAYOUTS.items():
            if size != header_bytes:
                continue
            (at, kind), (offset_at, offset_kind) = layout
            axes, *lengths = struct.unpack_from(order + kind, whole, at)
            (offset,) = struct.unpack_from(order + offset_kind, whole, offset_at)
            return Start(header_bytes, axes, tuple(lengths[:axes]) if 1 <= axes <= 7 else (), offset)
    return None
