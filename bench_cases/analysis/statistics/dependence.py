"""How alike neighbouring slices are, and how many independent ones they are worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Dependence(NamedTuple):
    """What is left of n slices when their likeness is taken into account.

    Parameters
    ----------
    n
        Slices.
    lag1
        Correlation of neighbouring slices about their own volume's mean, pooled over volumes; None without a spread.
    effective_n
        Number of independent observations that are worth as much: ``n (1 - r) / (1 + r)``, at most n.
    """

    n: int
    lag1: float | None
    effective_n: float | None


def dependence(series: Sequence[Sequence[tuple[int, float]]]) -> Dependence:
    """Return the lag-1 autocorrelation along z and the effective number of slices.

    The effective number is that of a first-order autoregression (Bayley & Hammersley 1946, for long series). Only
    slices that are neighbours in the volume are paired: a gap breaks the series.

    Parameters
    ----------
    series
        For each volume, pairs of slice number and value.

    Examples
    --------
    1, 2, 3, 4 about their mean: products 0.75, -0.25, 0.75 add up to 1.25, squares to 5.

    >>> result = dependence([[(0, 1.0), (1, 2.0), (2, 3.0), (3, 4.0)]])
    >>> result.lag1, round(result.effective_n, 2)
    (0.25, 2.4)
    """
    products = squares = 0.0
    n = 0
    for one in series:
        ordered = sorted(one)
        values = np.array([value for _, value in ordered], float)
        n += len(values)
        if not len(values):
            continue
        centred = values - values.mean()
        neighbours = np.diff([index for index, _ in ordered]) == 1
        products += float((centred[1:] * centred[:-1])[neighbours].sum())
        squares += float((centred**2).sum())
    if squares <= 0:
        return Dependence(n, None, None)
    lag1 = products / squares
    return Dependence(n, lag1, min(n * (1 - lag1) / (1 + lag1), float(n)) if lag1 > -1 else math.nan)
