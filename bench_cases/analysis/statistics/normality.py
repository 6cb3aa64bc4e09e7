"""Whether paired differences look normal, and what that means for the tests beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Normality(NamedTuple):
    """Shapiro & Wilk's (1965) W and its p-value, None where it cannot be computed, and a note for the reader."""

    w: float | None
    p: float | None
    note: str


def normality(differences: Sequence[float]) -> Normality:
    """Describe the distribution of differences.

    >>> normality([0.1, 0.2]).note
    '2 pairs: too few to tell'
    >>> normality([1.0, 2.0, 3.0, 4.0, 5.0]).note
    'not rejected (only 5 pairs)'
    """
    values = np.asarray(differences, float)
    if len(values) < 3:
        return Normality(None, None, f"{len(values)} pairs: too few to tell")
    if np.ptp(values) <= 1e-12 * max(float(np.abs(values).max()), 1e-12):
        return Normality(None, None, "all differences are equal")
    from scipy import stats

    # Shapiro's p-value is not to be trusted beyond 5000; the first ones in order would be a biased choice.
    if len(values) > 5000:
        values = np.random.default_rng(0).choice(values, 5000, replace=False)
    test = stats.shapiro(values)
    w, p = float(test.statistic), float(test.pvalue)
    if p < 0.05:
        return Normality(w, p, "not normal: read Wilcoxon and the bootstrap rather than t")
    if len(values) < 20:
        return Normality(w, p, f"not rejected (only {len(values)} pairs)")
    return Normality(w, p, "not rejected")
