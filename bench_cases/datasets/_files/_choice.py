"""What to take from a file that holds more than one grey volume: a frame, a channel, a colour, some segments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ColourUse = Literal["refuse", "luminance", "packed", "index"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a reader is asked to take. The default takes a file's one grey volume and refuses all else.

    Parameters
    ----------
    frame
        Index, from 0, along the time axis of a 4D file.
    channel
        Index, from 0, of a channel: the fourth axis of a multi-channel scan, a component of a vector or colour voxel.
        With one axis too many, either `frame` or `channel` names it: files do not say which it is.
    slices_are_channels
        The third axis is channels, not depth: `channel` then takes one slice, ``Z = 1``.
    colour
        ``"refuse"`` colours that are not grey; take their ``"luminance"`` (ITU-R 601-2); ``"packed"``: one number a
        colour, ``0xRRGGBB``, for masks whose labels are colours; ``"index"``: a palette's indices.
    segments
        Numbers of the segments of a DICOM SEG, the first wins where they overlap; empty for all.
    """

    frame: int | None = None
    channel: int | None = None
    slices_are_channels: bool = False
    colour: ColourUse = "refuse"
    segments: tuple[int, ...] = ()


PLAIN = Choice()


def packed_colour(text: str) -> int:
    """Turn ``#rrggbb`` into the number that stands for it in a mask read with ``colour = "packed"``.

    Raises
    ------
    ValueError
        For anything that is not six hex digits after a ``#``.

    Examples
    --------
    >>> hex(packed_colour("#ff8000"))
    '0xff8000'
    """
    if len(text) != 7 or text[0] != "#":
        msg = f"{text!r} is no colour; expected '#rrggbb'"
        raise ValueError(msg)
    return int(text[1:], 16)
