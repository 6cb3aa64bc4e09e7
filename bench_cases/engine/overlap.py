"""How well a mask matches the reference of its slice, to choose among candidates with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def overlap(mask_yx: NDArray[np.bool_], reference_yx: NDArray[np.bool_]) -> float:
    """Return the Jaccard index with a reference that is not empty.

    >>> overlap(np.array([[1, 1, 0]], bool), np.array([[0, 1, 1]], bool)) == 1 / 3
    True
    """
    return float((mask_yx & reference_yx).sum() / (mask_yx | reference_yx).sum())
