"""Masks of a volume as they come, slice by slice: eight pixels a byte, so that many strategies fit in memory."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


class PackedMasks:
    """The masks of one volume, empty at first.

    Parameters
    ----------
    shape_zyx
        Shape of the volume.

    Attributes
    ----------
    shape_zyx
        As given.
    packed
        What `numpy.packbits` makes of the masks ``(Z, Y, X)``.
    """

    def __init__(self, shape_zyx: tuple[int, int, int]) -> None:
        self.shape_zyx = shape_zyx
        self.packed: NDArray[np.uint8] = np.zeros(-(-math.prod(shape_zyx) // 8), np.uint8)

    def paint(self, z: int, mask_yx: NDArray[np.bool_]) -> None:
        """Add the pixels of a mask to slice `z`; what was painted there stays.

        Raises
        ------
        ValueError
            When the mask has another size.
        """
        size_yx = self.shape_zyx[1:]
        first, before = divmod(z * math.prod(size_yx), 8)
        # A slice need not begin with a byte: in front of it stand the last pixels of the slice before.
        pixels = np.zeros(before + math.prod(size_yx), bool)
        pixels[before:].reshape(size_yx)[...] = mask_yx
        bits = np.packbits(pixels)
        self.packed[first : first + len(bits)] |= bits
