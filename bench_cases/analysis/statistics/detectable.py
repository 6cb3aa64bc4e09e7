"""The least difference that a paired t-test of so many volumes would find: what "no difference found" is worth.

And the other way round: how many volumes would find a difference.
"""

from __future__ import annotations

import math
from typing import Final

MOST_PAIRS: Final = 10_000
"""Beyond so many volumes a number is no advice."""


def detectable_difference(sd: float, n: int, *, alpha: float = 0.05, power: float = 0.8) -> float | None:
    """Return the mean difference that a two-sided paired t-test finds with probability `power`.

    Solved exactly on the non-central t distribution (Cohen 1988, chapter 2), not on its normal approximation, which is
    far off for ten volumes.

    Parameters
    ----------
    sd
        Standard deviation of the paired differences.
    n
        Number of pairs.

    Returns
    -------
    float or None
        In the unit of `sd`; None for fewer than two pairs.

    Examples
    --------
    >>> round(detectable_difference(sd=1.0, n=10), 3)
    0.996
    """
    if n < 2 or not math.isfinite(sd):
        return None
    if sd == 0:
        return 0.0
    from scipy import optimize, stats

    df = n - 1
    critical = float(stats.t.ppf(1 - alpha / 2, df))

    def excess(noncentrality: float) -> float:
        this_side = float(stats.nct.sf(critical, df, noncentrality))
        other_side = float(stats.nct.cdf(-critical, df, noncentrality))
        # Where that is too small to be computed, scipy returns NaN.
        return this_side + (0.0 if math.isnan(other_side) else other_side) - power

    upper = critical + 2
    while excess(upper) < 0:
        upper *= 2
    return float(optimize.brentq(excess, 0.0, upper, xtol=1e-9)) * sd / math.sqrt(n)


def pairs_needed(difference: float, sd: float, *, alpha: float = 0.05, power: float = 0.8) -> int | None:
    """Return the fewest pairs with which a one-sided paired t-test finds a mean difference with probability `power`.

    Parameters
    ----------
    difference, sd
        Mean and standard deviation of the paired differences, both positive.

    Returns
    -------
    int or None
        Two or more; None beyond `MOST_PAIRS`, and for a difference that is not positive.

    Examples
    --------
    >>> pairs_needed(1.0, sd=1.0), pairs_needed(0.0, sd=1.0)
    (8, None)
    """
    if not difference > 0:
        return None
    from scipy import stats

    def finds(n: int) -> bool:
        critical = float(stats.t.ppf(1 - alpha, n - 1))
        return float(stats.nct.sf(critical, n - 1, difference / sd * math.sqrt(n))) >= power

    few, enough = 1, 2
    while not finds(enough):
        few, enough = enough, 2 * enough
        if few >= MOST_PAIRS:
            return None
    while enough - few > 1:
        middle = (few + enough) // 2
        few, enough = (few, middle) if finds(middle) else (middle, enough)
    return enough if enough <= MOST_PAIRS else None
