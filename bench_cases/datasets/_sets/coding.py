"""How the masks of a set write labels down: as ids, as white on black, as grey values, as an outline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bench_cases.errors import DataError


class Coding(Protocol):
    """Turns a mask's own values into label ids, and back for phantoms."""

    def decode(self, mask_zyx: NDArray[np.generic], where: str) -> NDArray[np.generic]:
        """Return label ids ``(Z, Y, X)``, 0 for background; raises `DataError` that names `where`."""
        ...

    def encode(self, ids_zyx: NDArray[np.uint8]) -> NDArray[np.generic]:
        """Return the values that a file of the set holds."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """The values are the ids; those in `same_as` count as another id (a second rater's, a merged class)."""

    dtype: str = "uint8"
    same_as: tuple[tuple[int, int], ...] = ()

    def decode(self, mask_zyx: NDArray[np.generic], where: str) -> NDArray[np.generic]:  # noqa: ARG002
        """Return the values, renamed where `same_as` says so."""
        ids = mask_zyx
        for value, label in self.same_as:
            ids = np.where(mask_zyx == value, label, ids)
        return ids

    def encode(self, ids_zyx: NDArray[np.uint8]) -> NDArray[np.generic]:
        """Return the ids in the set's own type, as the set writes them."""
        values = ids_zyx.astype(self.dtype)
        for value, label in self.same_as:
            values[ids_zyx == label] = value
        return values


@dataclass(frozen=True, slots=True, kw_only=True)
class White:
    """What is brighter than `above` is the label; files hold `value` there."""

    label: int = 1
    above: float = 0
    value: int = 1

    def decode(self, mask_zyx: NDArray[np.generic], where: str) -> NDArray[np.generic]:  # noqa: ARG002
        """Threshold."""
        return np.where(np.greater(mask_zyx, self.above), self.label, 0).astype(np.uint8)

    def encode(self, ids_zyx: NDArray[np.uint8]) -> NDArray[np.generic]:
        """Paint the label in `value`."""
        return np.where(ids_zyx == self.label, self.value, 0).astype(np.uint8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Greys:
    """Each label has a range of grey values ``(lowest, highest, the one that files hold)``; others are refused."""

    values: Mapping[int, tuple[int, int, int]]

    def decode(self, mask_zyx: NDArray[np.generic], where: str) -> NDArray[np.generic]:
        """Sort grey values into the ranges."""
        ids = np.zeros(mask_zyx.shape, np.uint8)
        for label, (low, high, _) in self.values.items():
            ids[np.greater_equal(mask_zyx, low) & np.less_equal(mask_zyx, high)] = label
        strange = np.unique(mask_zyx[(ids == 0) & (mask_zyx != 0)])
        if len(strange):
            expected = ", ".join(f"{low} to {high}" for low, high, _ in self.values.values())
            msg = (
                f"{where}: the mask holds grey values {', '.join(map(str, strange[:6]))}; expected 0 and {expected}. "
                "Download the set again, without converting its masks."
            )
            raise DataError(msg)
        return ids

    def encode(self, ids_zyx: NDArray[np.uint8]) -> NDArray[np.generic]:
        """Paint each label in its grey value."""
        table = np.zeros(256, np.uint8)
        for label, (_, _, value) in self.values.items():
            table[label] = value
        return table[ids_zyx]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A thin closed line around the label; what it encloses is the label.

    An ellipse that runs out of the picture leaves its line open. Then an ellipse is fitted to the line and filled
    (algebraic least squares of a conic; Bookstein 1979, section 3).
    """

    label: int = 1

    def decode(self, mask_zyx: NDArray[np.generic], where: str) -> NDArray[np.generic]:
        """Fill what the line encloses."""
        from scipy import ndimage

        ids = np.zeros(mask_zyx.shape, np.uint8)
        for z, line in enumerate(np.greater(mask_zyx, 0)):
            if not line.any():
                continue
            filled = ndimage.binary_fill_holes(line)
            if np.count_nonzero(filled) == np.count_nonzero(line) and not _solid(line):
                filled = _ellipse(line, where)
            ids[z][filled] = self.label
        return ids

    def encode(self, ids_zyx: NDArray[np.uint8]) -> NDArray[np.generic]:
        """Draw the line, three pixels wide, white."""
        from scipy import ndimage

        inside = ids_zyx == self.label
        eroded = np.stack([ndimage.binary_erosion(each, iterations=3, border_value=1) for each in inside])
        return np.where(inside & ~eroded, 255, 0).astype(np.uint8)


def _solid(mask_yx: NDArray[np.bool_]) -> bool:
    """Tell a mask that comes filled from a line: it survives an erosion that no line of the set does."""
    from scipy import ndimage

    return bool(ndimage.binary_erosion(mask_yx, iterations=6).any())


def _ellipse(line_yx: NDArray[np.bool_], where: str) -> NDArray[np.bool_]:
    y, x = np.nonzero(line_yx)
    shift, scale = np.array([x.mean(), y.mean()]), max(float(np.hypot(x.std(), y.std())), 1.0)
    u, v = (x - shift[0]) / scale, (y - shift[1]) / scale
    design = np.stack([u * u, u * v, v * v, u, v, np.ones_like(u)], axis=1)
    a, b, c, d, e, f = np.linalg.svd(design, full_matrices=False)[2][-1]
    if 4 * a * c - b * b <= 0:
        msg = f"{where}: the outline is open and no ellipse; expected a closed line. Draw the mask anew."
        raise DataError(msg)
    grid_y, grid_x = np.indices(line_yx.shape)
    gu, gv = (grid_x - shift[0]) / scale, (grid_y - shift[1]) / scale
    value = a * gu * gu + b * gu * gv + c * gv * gv + d * gu + e * gv + f
    inside: NDArray[np.bool_] = (value < 0) if a > 0 else (value > 0)
    return inside | line_yx
