"""The same body elsewhere in the frame: moved within the air around it, or the air cut off as a scanner's crop does.

A mask decoder knows where on the canvas a token lies, and one that saw bodies in the middle segments them less well at
the edge. Where this was measured, what the encoder made of a body at the upper edge was as good as of one in the middle
(decoded in the middle's place: 0.0004 of Dice less for the spleen); all of the loss was the decoder's. So the phase
that uses this leaves the encoder as it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bench_cases.models.micro.frames import Frames

T = TypeVar("T", bound=np.generic)

CUT = 0.55
"""Share of the frames laid elsewhere that are cut; the others are moved."""

ROWS = 0.75
"""Share of the cuts that take rows; the others take columns."""

TIGHT, MOST_LEFT = 0.5, 0.04
"""Share of the cuts that leave little air, on a side at most this share of the canvas; others leave any part of it."""


def lay_elsewhere(frames: Frames, rng: np.random.Generator, *, padded: bool) -> Frames:
    """Cut a square frame to the body, or move the body within it.

    Parameters
    ----------
    frames
        Square ones, all slices of one volume: they are cut or moved alike.
    padded
        What a canvas does with a cut frame: it is laid at the top left, or else stretched over all of it.
    """
    if rng.random() < CUT:
        return cut(frames, rng, rows=bool(rng.random() < ROWS), padded=padded)
    return moved(frames, rng)


def moved(frames: Frames, rng: np.random.Generator) -> Frames:
    """Move the body to anywhere in the frame; the air that goes out on one side comes in on the other."""
    side = frames.pixels_nyx.shape[-1]
    down = int(rng.integers(-frames.body_rows[0], side - frames.body_rows[1] + 1))
    right = int(rng.integers(-frames.body_columns[0], side - frames.body_columns[1] + 1))
    return replace(
        frames,
        pixels_nyx=np.roll(frames.pixels_nyx, (down, right), (1, 2)),
        organs_nyx=np.roll(frames.organs_nyx, (down, right), (1, 2)),
        body_rows=_plus(frames.body_rows, down),
        body_columns=_plus(frames.body_columns, right),
    )


def cut(frames: Frames, rng: np.random.Generator, *, rows: bool, padded: bool) -> Frames:
    """Cut air off above and below the body, or left and right of it."""
    if not rows:
        return _turned(cut(_turned(frames), rng, rows=True, padded=padded))
    side, (first, end) = frames.pixels_nyx.shape[-1], frames.body_rows
    most = int(MOST_LEFT * side) if rng.random() < TIGHT else side
    top = first - int(rng.integers(0, min(first, most) + 1))
    bottom = end + int(rng.integers(0, min(side - end, most) + 1))
    return cut_rows(frames, top, bottom, padded=padded)


def cut_rows(frames: Frames, top: int, bottom: int, *, padded: bool) -> Frames:
    """Leave the rows from ``top`` to ``bottom``, that one left out, as the canvas shows them."""
    side, (first, end) = frames.pixels_nyx.shape[-1], frames.body_rows
    pixels, organs = frames.pixels_nyx[:, top:bottom], frames.organs_nyx[:, top:bottom]
    if padded:
        return replace(
            frames,
            pixels_nyx=_padded(pixels, side),
            organs_nyx=_padded(organs, side),
            size_yx=(bottom - top, frames.size_yx[1]),
            body_rows=(first - top, end - top),
        )
    stretch = side / (bottom - top)
    return replace(
        frames,
        pixels_nyx=_stretched(pixels, side, "bilinear"),
        organs_nyx=_stretched(organs, side, "nearest"),
        body_rows=(int((first - top) * stretch), int(np.ceil((end - top) * stretch))),
    )


def _plus(extent: tuple[int, int], shift: int) -> tuple[int, int]:
    return extent[0] + shift, extent[1] + shift


def _turned(frames: Frames) -> Frames:
    """Swap rows and columns."""
    height, width = frames.size_yx
    return Frames(
        pixels_nyx=np.ascontiguousarray(frames.pixels_nyx.swapaxes(1, 2)),
        organs_nyx=np.ascontiguousarray(frames.organs_nyx.swapaxes(1, 2)),
        size_yx=(width, height),
        body_rows=frames.body_columns,
        body_columns=frames.body_rows,
    )


def _padded(part_nyx: NDArray[T], side: int) -> NDArray[T]:
    out = np.zeros((len(part_nyx), side, side), part_nyx.dtype)
    out[:, : part_nyx.shape[1]] = part_nyx
    return out


def _stretched(part_nyx: NDArray[T], side: int, mode: str) -> NDArray[T]:
    import torch
    import torch.nn.functional as F  # noqa: N812 - torch's own name for it

    rows = torch.from_numpy(part_nyx.astype(np.float32))[None]
    out = F.interpolate(rows, size=(side, side), mode=mode)[0].numpy()
    return (out if part_nyx.dtype.kind == "f" else np.rint(out)).astype(part_nyx.dtype)
