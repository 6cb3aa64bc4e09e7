"""The paired t-test (Student 1908), with its interval first and its degenerate cases named."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

Verdict = Literal["A higher", "B higher", "unclear", "identical", "constant", "too few"]
"""``unclear``: the interval holds zero. ``identical``: every pair is equal. ``constant``: every pair differs by the
same amount, so that there is no variance to test with. ``too few``: fewer than two pairs."""

_RELATIVE_ROUNDING = 1e-12
_SMALLEST = 1e-150  # the square of anything less underflows, and a variance is made of squares


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedT:
    """Result of a paired t-test of A against B; differences are A minus B, as in `scipy.stats.ttest_rel`.

    Parameters
    ----------
    n
        Number of pairs.
    mean_a, mean_b
        Means over the pairs; None without pairs.
    difference
        Mean of A minus B.
    low, high
        Confidence interval of the mean difference; None when there is no variance to make one from.
    t, p, df
        Statistic, two-sided p-value and degrees of freedom; None where they are undefined.
    verdict
        What may be concluded at the level of the interval.
    """

    n: int
    mean_a: float | None
    mean_b: float | None
    difference: float | None
    low: float | None
    high: float | None
    t: float | None
    p: float | None
    df: int | None
    verdict: Verdict


def paired_t(a: Sequence[float], b: Sequence[float], *, confidence: float = 0.95) -> PairedT:
    """Test whether the mean of ``a[i] - b[i]`` is zero.

    Parameters
    ----------
    a, b
        Paired finite numbers.
    confidence
        Level of the interval, between 0 and 1.

    Raises
    ------
    ValueError
        When `a` and `b` differ in length.

    Examples
    --------
    Differences 1, 2, 3: mean 2, standard error 1 / sqrt(3), so t = 2 sqrt(3).

    >>> result = paired_t([2.0, 4.0, 6.0], [1.0, 2.0, 3.0])
    >>> result.difference, round(result.t, 4), result.df, round(result.p, 4)
    (2.0, 3.4641, 2, 0.0742)
    """
    if len(a) != len(b):
        msg = f"{len(a)} values in A and {len(b)} in B; expected pairs. Pair them by key first."
        raise ValueError(msg)
    differences = [x - y for x, y in zip(a, b, strict=True)]
    n = len(differences)
    mean = fmean(differences) if n else None
    bare = _Bare(n=n, mean_a=fmean(a) if n else None, mean_b=fmean(b) if n else None, difference=mean)
    if mean is None or n < 2:
        return bare.with_verdict("too few")
    rounding = max(_RELATIVE_ROUNDING * max(map(abs, (*a, *b))), _SMALLEST)
    if max(abs(difference - mean) for difference in differences) <= rounding:
        return bare.with_verdict("identical" if abs(mean) <= rounding else "constant")
    return _tested(a, b, bare, confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bare:
    """What can be said without a variance."""

    n: int
    mean_a: float | None
    mean_b: float | None
    difference: float | None

    def with_verdict(self, verdict: Verdict) -> PairedT:
        return PairedT(
            n=self.n,
            mean_a=self.mean_a,
            mean_b=self.mean_b,
            difference=self.difference,
            low=None,
            high=None,
            t=None,
            p=None,
            df=self.n - 1 if self.n else None,
            verdict=verdict,
        )


def _tested(a: Sequence[float], b: Sequence[float], bare: _Bare, confidence: float) -> PairedT:
    from scipy import stats

    test = stats.ttest_rel(a, b)
    interval = test.confidence_interval(confidence)
    low, high = float(interval.low), float(interval.high)
    verdict: Verdict = "A higher" if low > 0 else "B higher" if high < 0 else "unclear"
    return PairedT(
        n=bare.n,
        mean_a=bare.mean_a,
        mean_b=bare.mean_b,
        difference=bare.difference,
        low=low,
        high=high,
        t=float(test.statistic),
        p=float(test.pvalue),
        df=int(test.df),
        verdict=verdict,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedRatio:
    """Result of a paired t-test on logarithms: how many times larger A is than B.

    Parameters
    ----------
    geometric_mean_a, geometric_mean_b
        Geometric means over the pairs, in the unit of the data.
    ratio, low, high
        Geometric mean of ``a[i] / b[i]`` with its confidence interval.
    log
        The test on the logarithms.
    """

    geometric_mean_a: float | None
    geometric_mean_b: float | None
    ratio: float | None
    low: float | None
    high: float | None
    log: PairedT


def paired_log_ratio(a: Sequence[float], b: Sequence[float], *, confidence: float = 0.95) -> PairedRatio:
    """Test whether positive numbers `a` and `b` differ by a factor; latencies are compared so.

    Raises
    ------
    ValueError
        When a value is not positive: it has no logarithm.

    Examples
    --------
    >>> result = paired_log_ratio([2.0, 4.0], [1.0, 2.0])
    >>> round(result.ratio, 6), result.log.verdict
    (2.0, 'constant')
    """
    for value in (*a, *b):
        if value <= 0:
            msg = f"{value:g} has no logarithm; expected positive values. Leave it out by name."
            raise ValueError(msg)
    log = paired_t([math.log(value) for value in a], [math.log(value) for value in b], confidence=confidence)
    return PairedRatio(
        geometric_mean_a=_exp(log.mean_a),
        geometric_mean_b=_exp(log.mean_b),
        ratio=_exp(log.difference),
        low=_exp(log.low),
        high=_exp(log.high),
        log=log,
    )


def _exp(value: float | None) -> float | None:
    return None if value is None else math.exp(value)
