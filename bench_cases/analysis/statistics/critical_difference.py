"""The critical difference of mean ranks and who cannot be told apart: the numbers behind Demšar's (2006) diagram."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench_cases.analysis.statistics.ranks import volume_ranks


class CriticalDifference(NamedTuple):
    """Friedman's test, and Nemenyi's after it.

    Parameters
    ----------
    mean_rank
        Shape ``(k,)``, 1 the best.
    friedman, p
        Friedman's (1937) statistic, corrected for ties, and its p-value; None when every volume is a tie.
    difference
        Mean ranks that differ by more are significantly different (Nemenyi 1963).
    cliques
        Groups of algorithms, best first, whose mean ranks lie within the critical difference: the bars of the diagram.
    """

    mean_rank: NDArray[np.float64]
    friedman: float | None
    p: float | None
    difference: float
    cliques: tuple[tuple[int, ...], ...]


def critical_difference(scores: ArrayLike, *, higher_is_better: bool = True, alpha: float = 0.05) -> CriticalDifference:
    """Compare k algorithms over n volumes.

    ``CD = q sqrt(k (k + 1) / (6 n))`` with q the studentised range for k means and infinite degrees of freedom over
    the square root of 2 (Demšar 2006, section 3.2.2).

    Parameters
    ----------
    scores
        Finite numbers of shape ``(n, k)``, k at least 2.

    Examples
    --------
    Demšar's own example: four algorithms on 14 data sets have CD = 2.569 sqrt(4 * 5 / (6 * 14)) = 1.25.

    >>> round(critical_difference(np.tile([0.4, 0.3, 0.2, 0.1], (14, 1))).difference, 2)
    1.25
    """
    from scipy import stats

    ranks = volume_ranks(scores, higher_is_better=higher_is_better)
    n, k = ranks.shape
    mean_rank = ranks.mean(axis=0)
    difference = float(stats.studentized_range.ppf(1 - alpha, k, math.inf)) / math.sqrt(2)
    difference *= math.sqrt(k * (k + 1) / (6 * n))
    friedman, p = _friedman(ranks)
    return CriticalDifference(mean_rank, friedman, p, difference, _cliques(mean_rank, difference))


def _friedman(ranks: NDArray[np.float64]) -> tuple[float | None, float | None]:
    """Friedman's chi-square from ranks; scipy's own wants three algorithms, the formula holds for two."""
    from scipy import stats

    n, k = ranks.shape
    squares = float((ranks**2).sum()) - n * k * (k + 1) ** 2 / 4
    if squares <= 1e-12:
        return None, None
    statistic = (k - 1) * float(((ranks.sum(axis=0) - n * (k + 1) / 2) ** 2).sum()) / squares
    return statistic, float(stats.chi2.sf(statistic, k - 1))


def _cliques(mean_rank: NDArray[np.float64], difference: float) -> tuple[tuple[int, ...], ...]:
    order = [int(position) for position in np.argsort(mean_rank, kind="stable")]
    found: list[tuple[int, ...]] = []
    for start, best in enumerate(order):
        members = tuple(one for one in order[start:] if mean_rank[one] - mean_rank[best] <= difference)
        if len(members) > 1 and not any(set(members) <= set(other) for other in found):
            found.append(members)
    return tuple(found)
