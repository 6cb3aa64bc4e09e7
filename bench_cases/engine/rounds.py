"""The masks of one volume after 0, 1, ... N clicks, packed, and the clicks between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from bench_cases.clicks import Click


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rounds:
    """What interactive refinement went through.

    Parameters
    ----------
    size_yx
        Size of a slice.
    packed
        ``(N + 1, Z, bytes)``: the masks after each number of clicks, eight pixels a byte.
    clicks
        Those given, in order.
    """

    size_yx: tuple[int, int]
    packed: NDArray[np.uint8]
    clicks: tuple[Click, ...]

    @property
    def allowed(self) -> int:
        """N: how many clicks were allowed, on each slice in image mode, in the volume in video mode."""
        return len(self.packed) - 1

    def masks_zyx(self, clicks: int) -> NDArray[np.bool_]:
        """Return the masks after that many clicks, shape ``(Z, Y, X)``."""
        height, width = self.size_yx
        pixels = np.unpackbits(self.packed[clicks], axis=1, count=height * width)
        return pixels.reshape(-1, height, width).view(bool)


@dataclass(slots=True)
class RoundsKept:
    """Collects the masks after each number of clicks, slice by slice or volume by volume.

    Parameters
    ----------
    shape_zyx
        Shape of the volume.
    allowed
        How many clicks are allowed.
    """

    shape_zyx: tuple[int, ...]
    allowed: int
    clicks: list[Click] = field(default_factory=list)
    packed: NDArray[np.uint8] = field(init=False)

    def __post_init__(self) -> None:
        depth, height, width = self.shape_zyx
        self.packed = np.zeros((self.allowed + 1, depth, -(-height * width // 8)), np.uint8)

    def keep_slice(self, z: int, masks_yx: Sequence[NDArray[np.bool_]]) -> None:
        """Keep a slice's masks after 0, 1, ... clicks; the last holds for all clicks that were not needed."""
        for clicks in range(self.allowed + 1):
            self.packed[clicks, z] = np.packbits(masks_yx[min(clicks, len(masks_yx) - 1)])

    def keep_from(self, clicks: int, masks_zyx: NDArray[np.bool_]) -> None:
        """Keep a volume's masks after that many clicks, and until others are kept after more."""
        self.packed[clicks:] = np.packbits(masks_zyx.reshape(len(masks_zyx), -1), axis=1)

    def done(self) -> Rounds:
        """Return what was collected."""
        _, height, width = self.shape_zyx
        return Rounds(size_yx=(height, width), packed=self.packed, clicks=tuple(self.clicks))
