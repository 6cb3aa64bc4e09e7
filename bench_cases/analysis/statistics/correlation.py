"""Correlation of two quantities, with its interval first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

_RELATIVE_ROUNDING = 1e-10
"""Numbers that spread less, beside the largest, are alike: what is left of a score is rounding, and its r is noise."""


class Correlation(NamedTuple):
    """Pearson's r with its interval (Fisher 1921) and p-value, and Spearman's rho; None where undefined."""

    n: int
    r: float | None
    low: float | None
    high: float | None
    p: float | None
    rho: float | None


def correlation(x: Sequence[float], y: Sequence[float], *, confidence: float = 0.95) -> Correlation:
    """Correlate pairs of numbers; a pair with an undefined number (NaN) is left out, and what is constant has no r.

    >>> result = correlation([1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 2.0, 4.0])
    >>> result.n, round(result.r, 6), round(result.rho, 6)
    (4, 0.8, 0.8)
    """
    both = np.array([(a, b) for a, b in zip(x, y, strict=True) if math.isfinite(a) and math.isfinite(b)], float)
    n = len(both)
    if n < 3 or any(np.ptp(side) <= _RELATIVE_ROUNDING * np.abs(side).max() for side in both.T):
        return Correlation(n, None, None, None, None, None)
    from scipy import stats

    test = stats.pearsonr(both[:, 0], both[:, 1])
    low = high = None
    if n > 3:  # Fisher's interval has n - 3 in its denominator
        interval = test.confidence_interval(confidence)
        low, high = float(interval.low), float(interval.high)
    rho = float(stats.spearmanr(both[:, 0], both[:, 1]).statistic)
    return Correlation(n, float(test.statistic), low, high, float(test.pvalue), rho)
