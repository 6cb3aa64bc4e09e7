"""The interval of a ratio of medians of two series of timings, whose neighbours are alike."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

RESAMPLES: Final = 1000


class MedianRatio(NamedTuple):
    """Geometric mean over strata of the ratio of medians, with its interval; `p_slower` is one-sided.

    Parameters
    ----------
    n
        Samples in the numerator and in the denominator, the fewer of the two.
    ratio, low, high
        Estimate and two-sided percentile interval; the ends are None when there are too few samples to draw from.
    p_slower
        p-value against "the ratio is 1 or less", normal on the log scale with the bootstrap's standard error.
    """

    n: int
    ratio: float
    low: float | None
    high: float | None
    p_slower: float | None


def median_ratio(
    new: Sequence[Sequence[float]],
    old: Sequence[Sequence[float]],
    *,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> MedianRatio:
    """Compare two runs' timings of the same things.

    Timings are skewed and hold outliers, hence medians; they are ratios, hence logarithms; and a sample is like the one
    before it (a fan, a neighbour on the machine), hence samples are drawn in blocks of about ``n ** (1 / 3)``
    neighbours (Künsch 1989; Hall, Horowitz & Jing 1995 for the length). Volumes are strata, not a sample: both runs saw
    the same ones.

    Parameters
    ----------
    new, old
        Positive seconds in the order they were taken, one list a stratum, in the same order of strata.

    Raises
    ------
    ValueError
        When strata differ in number, one is empty, or a time is not positive.

    Examples
    --------
    >>> median_ratio([[2.0, 2.0, 2.0]], [[1.0, 1.0, 1.0]]).ratio
    2.0
    """
    if len(new) != len(old) or not new or not all(len(it) for it in (*new, *old)):
        msg = (
            f"{len(new)} strata against {len(old)}; expected as many on both sides, none empty. Pair them by key first."
        )
        raise ValueError(msg)
    if any(value <= 0 for stratum in (*new, *old) for value in stratum):
        msg = "a time of 0 s or less has no logarithm; expected positive seconds. Leave it out by name."
        raise ValueError(msg)
    n = min(sum(map(len, new)), sum(map(len, old)))
    log_ratio = float(np.mean([math.log(np.median(a) / np.median(b)) for a, b in zip(new, old, strict=True)]))
    if n < 2:
        return MedianRatio(n, math.exp(log_ratio), None, None, None)
    generator = np.random.default_rng(seed)
    drawn = np.mean(
        [
            np.log(_medians(a, resamples, generator)) - np.log(_medians(b, resamples, generator))
            for a, b in zip(new, old, strict=True)
        ],
        axis=0,
    )
    tail = 50 * (1 - confidence)
    low, high = (math.exp(value) for value in np.percentile(drawn, [tail, 100 - tail]))
    return MedianRatio(n, math.exp(log_ratio), low, high, _p_slower(log_ratio, float(drawn.std(ddof=1))))


def _medians(samples: Sequence[float], resamples: int, generator: np.random.Generator) -> NDArray[np.float64]:
    """Return the medians of series put together from blocks, wrapped round the end; shape ``(resamples,)``."""
    values = np.asarray(samples, float)
    n = len(values)
    length = max(1, round(n ** (1 / 3)))
    starts = generator.integers(n, size=(resamples, math.ceil(n / length), 1))
    places = ((starts + np.arange(length)) % n).reshape(resamples, -1)[:, :n]
    medians: NDArray[np.float64] = np.median(values[places], axis=1)
    return medians


def _p_slower(log_ratio: float, error: float) -> float:
    if error <= 1e-12:
        return float(log_ratio <= 1e-12)
    return 0.5 * math.erfc(log_ratio / error / math.sqrt(2))
