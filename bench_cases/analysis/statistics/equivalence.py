"""Equivalence and non-inferiority with a stated margin: two one-sided paired t-tests (Schuirmann 1987)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Equivalence(NamedTuple):
    """Result of the two one-sided tests of a paired difference.

    Parameters
    ----------
    margin
        Differences smaller than this do not matter, in the unit of the data.
    p_not_lower
        p-value against "the mean difference is -margin or less".
    p_not_higher
        p-value against "the mean difference is margin or more".
    p
        The greater of the two: small, and the difference is shown to lie within the margin.
    """

    margin: float
    p_not_lower: float | None
    p_not_higher: float | None

    @property
    def p(self) -> float | None:
        """p-value of equivalence."""
        if self.p_not_lower is None or self.p_not_higher is None:
            return None
        return max(self.p_not_lower, self.p_not_higher)


def two_one_sided(differences: Sequence[float], margin: float) -> Equivalence:
    """Test whether a mean difference lies within ``-margin .. margin``.

    That a test of no difference found nothing shows nothing: with few volumes it seldom can. This test turns the burden
    of proof round. Differences without any spread are taken at their word.

    Raises
    ------
    ValueError
        When `margin` is not positive.

    Examples
    --------
    >>> round(two_one_sided([-0.01, 0.0, 0.01], margin=0.05).p, 4)
    0.0065
    """
    if not margin > 0:
        msg = f"a margin of {margin:g}; expected a positive number, in the unit of the metric."
        raise ValueError(msg)
    values = np.asarray(differences, float)
    if len(values) < 2:
        return Equivalence(margin, None, None)
    mean, error = float(values.mean()), float(values.std(ddof=1)) / len(values) ** 0.5
    if error <= 1e-15:
        return Equivalence(margin, float(mean <= -margin), float(mean >= margin))
    from scipy import stats

    t = stats.t(len(values) - 1)
    return Equivalence(margin, float(t.sf((mean + margin) / error)), float(t.cdf((mean - margin) / error)))
