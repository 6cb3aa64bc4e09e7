"""Mean, median, standard deviation, least and greatest: the study's first table (Gutiérrez et al. 2025)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Description(NamedTuple):
    """Of n numbers; `sd` has ``n - 1`` in its denominator and is None for one number, the others for none."""

    n: int
    mean: float | None
    median: float | None
    sd: float | None
    least: float | None
    greatest: float | None


def describe(values: Sequence[float]) -> Description:
    """Describe finite numbers.

    >>> describe([1.0, 2.0, 6.0])
    Description(n=3, mean=3.0, median=2.0, sd=2.6457513110645907, least=1.0, greatest=6.0)
    """
    found = np.asarray(values, float)
    if not len(found):
        return Description(0, None, None, None, None, None)
    sd = float(found.std(ddof=1)) if len(found) > 1 else None
    return Description(
        len(found), float(found.mean()), float(np.median(found)), sd, float(found.min()), float(found.max())
    )
