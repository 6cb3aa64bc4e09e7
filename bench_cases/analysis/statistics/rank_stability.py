"""How stable a ranking is: the same question asked of volumes drawn anew (Wiesenfarth et al. 2021)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench_cases.analysis.statistics.ranks import rank


class Stability(NamedTuple):
    """Bootstrap distribution of ranks; arrays have shape ``(k,)`` and 1 is the best rank.

    Parameters
    ----------
    low, median, high
        Of each algorithm's rank over the resamples: 2.5 %, 50 % and 97.5 %.
    first
        Share of resamples in which it ranks first (alone or tied).
    kendall_tau
        Kendall's tau-b of the ranking with each resample's, mean over resamples; 1 is a ranking that never changes,
        None where all algorithms tie.
    """

    low: NDArray[np.float64]
    median: NDArray[np.float64]
    high: NDArray[np.float64]
    first: NDArray[np.float64]
    kendall_tau: float | None


def rank_stability(
    scores: ArrayLike, *, higher_is_better: bool = True, resamples: int = 1000, seed: int = 0
) -> Stability:
    """Rank volumes drawn with replacement, by mean rank.

    Parameters
    ----------
    scores
        Finite numbers of shape ``(n, k)``: n volumes, k algorithms.

    Examples
    --------
    An algorithm that wins on every volume wins on every resample.

    >>> found = rank_stability([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]])
    >>> found.first.tolist(), found.kendall_tau
    ([1.0, 0.0], 1.0)
    """
    values = np.asarray(scores, float)
    drawn = np.random.default_rng(seed).integers(len(values), size=(resamples, len(values)))
    ranks = rank(values[drawn], higher_is_better=higher_is_better).rank_of_mean_rank
    low, median, high = np.percentile(ranks, [2.5, 50, 97.5], axis=0)
    # A share of the best place counts: what ties for first is first.
    first = (ranks == ranks.min(axis=1, keepdims=True)).mean(axis=0)
    whole = rank(values, higher_is_better=higher_is_better).rank_of_mean_rank
    return Stability(low, median, high, first, _mean_tau(whole, ranks))


def _mean_tau(whole: NDArray[np.float64], ranks: NDArray[np.float64]) -> float | None:
    """Mean of Kendall's tau-b between one ranking and many, from the signs of all pairs."""
    first, second = np.triu_indices(len(whole), 1)
    one = np.sign(whole[first] - whole[second])
    many = np.sign(ranks[:, first] - ranks[:, second])
    untied = np.sqrt(np.abs(one).sum() * np.abs(many).sum(axis=1))
    if not untied.any():
        return None
    kept = untied > 0
    return float(((many[kept] @ one) / untied[kept]).mean())
