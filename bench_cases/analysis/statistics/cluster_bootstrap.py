"""The interval of a mean of volumes by a bootstrap in two stages: volumes first, then slices within each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES: Final = 2000
FEW: Final = 20
"""Below so many volumes a percentile interval is too narrow, by about ``sqrt((n - 1) / n)`` and the tails of t."""


class Interval(NamedTuple):
    """A confidence interval; both ends None when there are fewer than two clusters."""

    low: float | None
    high: float | None


def cluster_bootstrap(
    clusters: Sequence[Sequence[float]], *, confidence: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> Interval:
    """Return the percentile interval of the mean over clusters of their means.

    Slices of one volume are alike, so that drawing slices alone would count the same evidence many times over; volumes
    are drawn with replacement, and within each volume drawn its slices anew (Davison & Hinkley 1997, section 3.8).

    Parameters
    ----------
    clusters
        One list of finite numbers a volume; an empty one is not a volume and is not allowed.
    seed
        Of the generator, so that a table printed twice is the same.

    Raises
    ------
    ValueError
        For a cluster without a number.

    Examples
    --------
    >>> cluster_bootstrap([[1.0, 1.0], [1.0]])
    Interval(low=1.0, high=1.0)
    """
    means = cluster_means(clusters, resamples=resamples, seed=seed)
    if means is None:
        return Interval(None, None)
    tail = 50 * (1 - confidence)
    low, high = np.percentile(means, [tail, 100 - tail])
    return Interval(float(low), float(high))


def cluster_means(clusters: Sequence[Sequence[float]], *, resamples: int, seed: int) -> NDArray[np.float64] | None:
    """Return the bootstrap distribution of the mean, shape ``(resamples,)``; None with fewer than two clusters."""
    if any(not len(cluster) for cluster in clusters):
        msg = "a cluster without a number; expected at least one slice a volume. Leave the volume out by name."
        raise ValueError(msg)
    n = len(clusters)
    if n < 2:
        return None
    generator = np.random.default_rng(seed)
    drawn = generator.integers(n, size=(resamples, n))
    means = np.empty(drawn.shape)
    for number, cluster in enumerate(clusters):
        values = np.asarray(cluster, float)
        places = drawn == number
        # A volume that is drawn twice has its slices drawn twice, independently.
        inside = generator.integers(len(values), size=(int(places.sum()), len(values)))
        means[places] = values[inside].mean(axis=1)
    averaged: NDArray[np.float64] = means.mean(axis=1)
    return averaged
