"""Ranks of algorithms over volumes, by the two orders of aggregation that challenges use (Wiesenfarth et al. 2021)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Ranking(NamedTuple):
    """Ranks of k algorithms, 1 the best; ties share the mean of their ranks.

    Parameters
    ----------
    mean_rank
        "Rank, then aggregate": mean over volumes of the rank on each; shape ``(k,)``.
    rank_of_mean_rank
        The order of these.
    rank_of_means
        "Aggregate, then rank": the order of the means over volumes.
    """

    mean_rank: NDArray[np.float64]
    rank_of_mean_rank: NDArray[np.float64]
    rank_of_means: NDArray[np.float64]


def volume_ranks(scores: ArrayLike, *, higher_is_better: bool = True) -> NDArray[np.float64]:
    """Rank along the last axis, 1 the best.

    >>> volume_ranks([[0.9, 0.7, 0.9]]).tolist()
    [[1.5, 3.0, 1.5]]
    """
    from scipy import stats

    values = np.asarray(scores, float)
    ranks: NDArray[np.float64] = stats.rankdata(-values if higher_is_better else values, axis=-1)
    return ranks


def rank(scores: ArrayLike, *, higher_is_better: bool = True) -> Ranking:
    """Rank algorithms.

    Parameters
    ----------
    scores
        Finite numbers of shape ``(..., n, k)``: n volumes, k algorithms; leading axes are resamples.

    Examples
    --------
    The second is better on two volumes of three, and far worse on the third: the two orders disagree.

    >>> found = rank([[0.8, 0.9], [0.8, 0.9], [0.8, 0.1]])
    >>> found.rank_of_mean_rank.tolist(), found.rank_of_means.tolist()
    ([2.0, 1.0], [1.0, 2.0])
    """
    values = np.asarray(scores, float)
    mean_rank = volume_ranks(values, higher_is_better=higher_is_better).mean(axis=-2)
    # Means that differ by rounding alone are ties.
    means = np.round(values.mean(axis=-2), 12)
    return Ranking(
        mean_rank,
        volume_ranks(np.round(mean_rank, 12), higher_is_better=False),
        volume_ranks(means, higher_is_better=higher_is_better),
    )
