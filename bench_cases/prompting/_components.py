"""Connected components of a mask on one slice, and the deepest pixel of one (Dong et al. 2024)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench_cases.errors import StrategyError

MOST = 3
"""Dong et al. 2024 prompt at most the three largest components."""


def largest_components(mask_yx: NDArray[np.bool_], most: int = MOST) -> list[NDArray[np.bool_]]:
    """Return the largest 8-connected components, largest first (ties: the one met first, row by row).

    Raises
    ------
    StrategyError
        When the mask is empty.

    Examples
    --------
    >>> [int(it.sum()) for it in largest_components(np.array([[1, 0, 1, 1], [0, 0, 0, 1]], bool))]
    [3, 1]
    """
    from scipy.ndimage import label

    must_show_target(mask_yx)
    numbered, _ = label(mask_yx, structure=np.ones((3, 3), int))
    sizes = np.bincount(numbered.ravel())[1:]
    order = np.argsort(-sizes, kind="stable")[:most]
    return [numbered == number + 1 for number in order]


def depth(mask_yx: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return each pixel's Euclidean distance to the nearest pixel outside; beyond the frame's border is outside.

    Without that border rule a mask that fills the frame would have no depth at all.
    """
    from scipy.ndimage import distance_transform_edt

    distance: NDArray[np.float64] = distance_transform_edt(np.pad(mask_yx, 1))
    return distance[1:-1, 1:-1]


def deepest_point(mask_yx: NDArray[np.bool_]) -> tuple[float, float]:
    """Return the pixel ``(x, y)`` at the maximum of `depth` (ties: lowest row, then column)."""
    y, x = np.unravel_index(int(np.argmax(depth(mask_yx))), mask_yx.shape)
    return float(x), float(y)


def must_show_target(mask_yx: NDArray[np.bool_]) -> None:
    """Refuse a slice without the target.

    Raises
    ------
    StrategyError
        When no pixel is set.
    """
    if not mask_yx.any():
        msg = "a prompt was asked for on a slice without the target; expected at least one pixel of it."
        raise StrategyError(msg)
