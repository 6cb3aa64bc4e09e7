"""From a file of up to five axes to the one volume that is wanted of it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files._choice import Choice
from bench_cases.datasets._files._scan import refusal
from bench_cases.volume import pieces

_AXES = 5


def padded_shape(path: Path, shape: tuple[int, ...]) -> tuple[int, int, int, int, int]:
    """Bring a declared shape to five axes ``(x, y, z, frame, channel)``, those that are absent of length 1.

    Raises
    ------
    DataError
        When an axis is not positive, or more than five are longer than 1.
    """
    if not shape or min(shape) < 1:
        raise refusal(
            path,
            f"the header declares the shape {shape}",
            expected="at least one voxel along each axis",
            remedy="Export the scan again.",
        )
    kept = list(shape)
    while len(kept) > _AXES and kept[-1] == 1:
        kept.pop()
    if len(kept) > _AXES:
        raise _too_many(path, shape)
    x, y, z, frames, channels = (*kept, *(1,) * (_AXES - len(kept)))
    return x, y, z, frames, channels


def one_volume(path: Path, array: NDArray[Any], choice: Choice) -> NDArray[Any]:
    """Take one volume ``(X, Y, Z)`` from ``(X, Y, Z, frame, channel)``; it stays a view where that is possible.

    Raises
    ------
    DataError
        When there are several and none was named, or the one that was named is not there.
    """
    frames, channels = array.shape[3:]
    frame, channel = choice.frame, choice.channel
    if choice.slices_are_channels:
        return _slice_as_channel(path, array, channel)
    # A fourth axis is time in one file and channels in the next, and no header says which.
    if frames > 1 and channels == 1 and frame is None:
        frame, channel = channel, None
    elif channels > 1 and frames == 1 and channel is None:
        frame, channel = None, frame
    if channels in {3, 4} and channel is None and choice.colour in {"packed", "luminance"}:
        array, channels = _colours(array, choice)[..., np.newaxis], 1
    for name, length, wanted in (("frame", frames, frame), ("channel", channels, channel)):
        if wanted is None and length > 1:
            raise _too_many(path, array.shape)
        if wanted is not None and not 0 <= wanted < length:
            raise refusal(
                path,
                f"it has {length} {name}{'s' if length > 1 else ''}, and {name} {wanted} was asked for",
                expected=f"a number from 0 to {length - 1}",
                remedy=f"Correct {name} in dataset.toml.",
            )
    return array[..., frame or 0, channel or 0]


def _slice_as_channel(path: Path, array: NDArray[Any], channel: int | None) -> NDArray[Any]:
    length = array.shape[2]
    if channel is None or not 0 <= channel < length or array.shape[3:] != (1, 1):
        raise refusal(
            path,
            f"its {length} slices were said to be channels, and channel {channel} was asked for",
            expected=f"three axes and a channel from 0 to {length - 1}",
            remedy="Correct channel or slices_are_channels in dataset.toml.",
        )
    return array[:, :, channel : channel + 1, 0, 0]


def _colours(array: NDArray[Any], choice: Choice) -> NDArray[Any]:
    """Make one number of each colour; piece by piece, because in one go that would take a dozen times its bytes."""
    packed = choice.colour == "packed"
    out = np.empty(array.shape[:-1], np.int32 if packed else np.float32, order="F")
    for part in pieces(array.shape[2], math.prod(array.shape[:2])):
        red, green, blue = (array[:, :, part, ..., index] for index in range(3))
        if packed:
            out[:, :, part] = red.astype(np.int32) << 16 | green.astype(np.int32) << 8 | blue.astype(np.int32)
        else:
            out[:, :, part] = 0.299 * red + 0.587 * green + 0.114 * blue  # ITU-R BT.601-2
    return out


def _too_many(path: Path, shape: tuple[int, ...]) -> Exception:
    kept = list(shape)
    while len(kept) > 3 and kept[-1] == 1:
        kept.pop()
    return refusal(
        path,
        f"it has {len(kept)} axes, shape {' x '.join(map(str, kept))} (a time series, channels or vectors)",
        expected="one volume of three axes (x, y, z)",
        remedy="Name the one that is meant in dataset.toml, frame = 0 or channel = 0, or save it as a file of its own.",
    )
