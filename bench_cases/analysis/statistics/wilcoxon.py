"""The signed-rank test of paired differences (Wilcoxon 1945), for when their distribution is not to be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np

Alternative = Literal["two-sided", "less", "greater"]


class SignedRank(NamedTuple):
    """Result of a signed-rank test.

    Parameters
    ----------
    n_nonzero
        Differences that are not zero; the others carry no rank.
    statistic
        Sum of the ranks of the positive differences; None without a difference that is not zero.
    p
        p-value: exact up to 25 differences without ties, by the normal approximation beyond.
    shift
        Hodges and Lehmann's estimate: the median of all means of two differences; None without differences.
    """

    n_nonzero: int
    statistic: float | None
    p: float | None
    shift: float | None


def signed_rank(differences: Sequence[float], *, alternative: Alternative = "two-sided") -> SignedRank:
    """Test whether differences are spread evenly about zero.

    Examples
    --------
    All five are positive: the ranks add up to 15, and one sign pattern in 2**5, twice over, is as extreme.

    >>> signed_rank([1.0, 2.0, 3.0, 4.0, 5.0])
    SignedRank(n_nonzero=5, statistic=15.0, p=0.0625, shift=3.0)
    """
    values = np.asarray(differences, float)
    if not len(values):
        return SignedRank(0, None, None, None)
    nonzero = values[values != 0]
    first, second = np.triu_indices(len(values))
    shift = float(np.median((values[first] + values[second]) / 2))
    if not len(nonzero):
        return SignedRank(0, None, None, shift)
    from scipy import stats

    exact = len(nonzero) <= 25 and len(np.unique(np.abs(nonzero))) == len(nonzero)
    method: Literal["exact", "approx"] = "exact" if exact else "approx"
    p = float(stats.wilcoxon(nonzero, alternative=alternative, method=method).pvalue)
    positive = float(stats.rankdata(np.abs(nonzero))[nonzero > 0].sum())
    return SignedRank(len(nonzero), positive, p, shift)
