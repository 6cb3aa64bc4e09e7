"""Holm's step-down adjustment of the p-values of one family."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Return adjusted p-values (Holm 1979); None stays None and is not counted in the family.

    The smallest of m is multiplied by m, the next by m - 1, and none may be less than one before it.

    >>> holm([0.01, None, 0.04, 0.03])
    [0.03, None, 0.06, 0.06]
    """
    present = [index for index, p in enumerate(p_values) if p is not None]
    adjusted: list[float | None] = [None] * len(p_values)
    if present:
        values = holm_array([p for p in p_values if p is not None])
        for index, value in zip(present, values, strict=True):
            adjusted[index] = float(value)
    return adjusted


def holm_array(p_values: ArrayLike) -> NDArray[np.float64]:
    """Return adjusted p-values along the last axis, each row a family of its own."""
    values = np.asarray(p_values, float)
    m = values.shape[-1]
    order = np.argsort(values, axis=-1, kind="stable")
    scaled = np.take_along_axis(values, order, axis=-1) * np.arange(m, 0, -1)
    stepped = np.minimum(np.maximum.accumulate(scaled, axis=-1), 1.0)
    adjusted = np.empty_like(values)
    np.put_along_axis(adjusted, order, stepped, axis=-1)
    return adjusted
