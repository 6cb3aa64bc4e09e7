"""The least difference that a paired t-test of so many volumes would find: what "no difference found" is worth."""

from __future__ import annotations

import math


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
        found = float(stats.nct.sf(critical, df, noncentrality))
        other = float(stats.nct.cdf(-critical, df, noncentrality))
        # Below the chance that a normal variable is beneath -noncentrality; SciPy gives NaN for some of what is 1e-16.
        return found + (0.0 if math.isnan(other) else other) - power

    upper = critical + 2
    while excess(upper) < 0:
        upper *= 2
    return float(optimize.brentq(excess, 0.0, upper, xtol=1e-9)) * sd / math.sqrt(n)
