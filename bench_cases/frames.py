"""Image preparation: from the grey values of a volume to the `uint8` frames that a model sees.

The order is the published one (Gutiérrez et al. 2025): window, then min-max to 0..255, truncated, repeated to three
channels. Frames stay in memory and are made one at a time, when asked for.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bench_cases.volume import Volume, Window

Frame = NDArray[np.uint8]
"""One slice prepared for a model, shape ``(Y, X, 3)``, ``uint8``, three equal channels."""


def prepare_frame(
    slice_yx: NDArray[np.generic], *, window: Window | None = None, limits: tuple[float, float] | None = None
) -> Frame:
    """Window a slice, stretch it to 0..255 and repeat it to three channels.

    Parameters
    ----------
    slice_yx
        Grey values, shape ``(Y, X)``.
    window
        Values outside are clipped first; None leaves them.
    limits
        Grey values that become 0 and 255; by default the slice's own extremes after windowing.

    Returns
    -------
    Frame
        ``uint8 (Y, X, 3)``, truncated as the study's code does. A constant slice gives zeros, where the study's
        formula divides nought by nought.

    Examples
    --------
    >>> from bench_cases.volume import Window
    >>> prepare_frame(np.array([[-2000, -650, 900]]), window=Window(-650, 1500))[0, :, 0].tolist()
    [0, 127, 255]
    """
    grey = slice_yx.astype(np.float64)
    if window is not None:
        grey = np.clip(grey, *window.limits)
    low, high = limits if limits is not None else (float(grey.min()), float(grey.max()))
    if high <= low:
        return np.zeros((*grey.shape, 3), np.uint8)
    # The same operations in the same order as the study, so that truncation falls on the same side.
    scaled = np.clip((grey - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    return np.repeat(scaled[:, :, np.newaxis], 3, axis=2)


def jpeg_round_trip(frame: Frame, *, quality: int = 75) -> Frame:
    """Pass a frame through JPEG, as the studies did on the way into SAM 2's video mode (Pillow's default quality)."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, format="JPEG", quality=quality)
    buffer.seek(0)
    return np.asarray(Image.open(buffer).convert("RGB"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSequence:
    """The frames of a volume, made lazily; a sequence of `Frame` with ``len`` and indexing.

    A 1,500-slice volume at 1024 x 1024 is 18.5 GiB as prepared float tensors; this holds none of it.
    """

    volume: Volume
    jpeg: bool = False

    def __len__(self) -> int:
        """Return the number of slices."""
        return self.volume.n_slices

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames from slice 0 upwards."""
        return (self[index] for index in range(len(self)))

    def __getitem__(self, index: int) -> Frame:
        """Prepare the frame of slice `index`."""
        frame = self._prepared(index)
        return jpeg_round_trip(frame) if self.jpeg else frame

    def at(self, position: int | Fraction) -> Frame:
        """Prepare the frame at a position along z: a slice, or the linear interpolation between two neighbours.

        What is interpolated are prepared frames, because that is what a model sees; with `jpeg` the outcome goes
        through JPEG, once. Halves are rounded up, in whole numbers, so that every machine gives the same frame.
        """
        below = position // 1
        if position == below:
            return self[int(below)]
        weight = Fraction(position - below)
        whole, part = weight.denominator, weight.numerator
        before, after = (self._prepared(int(index)).astype(np.int64) for index in (below, below + 1))
        mixed = (2 * (before * (whole - part) + after * part) + whole) // (2 * whole)
        frame = mixed.astype(np.uint8)
        return jpeg_round_trip(frame) if self.jpeg else frame

    def _prepared(self, index: int) -> Frame:
        volume = self.volume
        limits = None
        if volume.scaling == "volume":
            low, high = volume.grey_limits
            if volume.window is not None:
                low, high = (float(edge) for edge in np.clip((low, high), *volume.window.limits))
            limits = (low, high)
        return prepare_frame(volume.image_zyx[index], window=volume.window, limits=limits)
