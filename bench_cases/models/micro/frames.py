"""Slices as a model sees them, with the organs they show: what every sample of the training is made of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Slices ready for a model.

    Attributes
    ----------
    pixels_nyx
        0..255, in whole numbers unless a frame was stretched; (N, side, side), zero in the padding.
    organs_nyx
        `Organ` ids, background in the padding.
    size_yx
        The part that is image.
    body_rows, body_columns
        The first that shows something of the body on any of the slices, and the one after the last.
    """

    pixels_nyx: NDArray[np.float32]
    organs_nyx: NDArray[np.uint8]
    size_yx: tuple[int, int]
    body_rows: tuple[int, int]
    body_columns: tuple[int, int]

    @property
    def square(self) -> bool:
        """Whether nothing was padded."""
        return self.size_yx[0] == self.size_yx[1]
