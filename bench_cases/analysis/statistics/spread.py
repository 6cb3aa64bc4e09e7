"""A box plot in numbers: quartiles, whiskers, and what lies beyond them (Tukey 1977)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Spread(NamedTuple):
    """Quartiles, and the most extreme values within 1.5 times the interquartile range of them.

    `outliers` are positions of the values beyond the whiskers, the lowest value first.
    """

    median: float
    q1: float
    q3: float
    iqr: float
    whisker_low: float
    whisker_high: float
    outliers: tuple[int, ...]


def spread(values: Sequence[float]) -> Spread | None:
    """Describe the spread of values as matplotlib draws it; None without values.

    >>> spread([1.0, 2.0, 3.0, 4.0, 100.0])
    Spread(median=3.0, q1=2.0, q3=4.0, iqr=2.0, whisker_low=1.0, whisker_high=4.0, outliers=(4,))
    """
    found = np.asarray(values, float)
    if not len(found):
        return None
    q1, median, q3 = (float(value) for value in np.percentile(found, [25, 50, 75]))
    reach = 1.5 * (q3 - q1)
    inside = (found >= q1 - reach) & (found <= q3 + reach)
    order = np.argsort(found, kind="stable")
    outliers = tuple(int(position) for position in order if not inside[position])
    return Spread(median, q1, q3, q3 - q1, float(found[inside].min()), float(found[inside].max()), outliers)
