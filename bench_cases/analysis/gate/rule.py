"""The rule by which a loss is judged, on plain arrays: the gate and its simulation use the same lines.

Let *loss* be how much worse a run is than its baseline, and *margin* how much may be lost.

* **pass**: the loss is shown to be smaller than the margin (non-inferiority: the upper end of the one-sided interval
  lies below it).
* **regression**: there is a loss (its p-value, adjusted by Holm over all tests of the run, is below alpha), and it is
  not shown to be smaller than the margin; or the loss is *gross*: most volumes lost more than the margin, and the mean
  of all is more than a stated limit.
* **undecided**: neither; the data are too few or too noisy to tell. Where the mean loss is above that limit all the
  same, or one volume lost more than another, the loss is *grave*: nobody may let it through as want of data.

On identical models a regression by the test is a false alarm, and by Holm's adjustment there is one in at most a share
alpha of *runs*, however many tests a run has and however noisy it is. A loss beyond the margin passes in at most a
share alpha.

Three volumes leave a t-test two degrees of freedom, and what breaks a model breaks it unevenly: of six tests the
smallest p-value is seldom below alpha / 6. No test that holds whatever the noise can do much better: with three signs
chance alone is as extreme once in eight. The gross rule adds what is known beforehand: means of models that are equally
good do not differ by as much as the limit. Where they do, it raises false alarms: `error_rates` says how many. That all
volumes lose is not asked for: what breaks a model may leave one volume whole, and the mean already bounds the alarms.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench_cases.analysis.gate.verdict import Outcome
from bench_cases.analysis.statistics.holm import holm_array


class Loss(NamedTuple):
    """Mean loss, the upper end of its one-sided interval, and the p-value against "nothing is lost"."""

    mean: NDArray[np.float64]
    upper: NDArray[np.float64]
    p: NDArray[np.float64]


def mean_loss(losses: ArrayLike, *, alpha: float) -> Loss:
    """Describe paired losses along the last axis, by the t distribution.

    Parameters
    ----------
    losses
        Shape ``(..., n)`` with n of at least 2; positive is worse.

    Examples
    --------
    Losses 1, 2, 3: mean 2, standard error 1 / sqrt(3), one-sided 95 % quantile of t with 2 degrees of freedom 2.92.

    >>> found = mean_loss([1.0, 2.0, 3.0], alpha=0.05)
    >>> round(float(found.upper), 3), round(float(found.p), 4)
    (3.686, 0.0371)
    """
    from scipy import stats

    values = np.asarray(losses, float)
    n = values.shape[-1]
    mean = values.mean(axis=-1)
    error = values.std(axis=-1, ddof=1) / np.sqrt(n)
    # What rounding leaves of equal losses is no spread: they are taken at their word.
    sure = error <= 1e-12 * np.maximum(np.abs(values).max(axis=-1), 1e-12)
    t = mean / np.where(sure, 1.0, error)
    p = np.where(sure, np.where(mean > 0, 0.0, 1.0), stats.t.sf(t, n - 1))
    upper = mean + np.where(sure, 0.0, float(stats.t.ppf(1 - alpha, n - 1)) * error)
    return Loss(mean, upper, p)


def is_gross(losses: ArrayLike, *, margin: float, limit: float | None) -> NDArray[np.bool_]:
    """Whether most volumes, along the last axis, lost more than the margin, and the mean of all is above the limit.

    >>> is_gross([[0.1, 0.2, 0.3], [0.0, 0.3, 0.9], [0.0, 0.0, 0.9]], margin=0.01, limit=0.1).tolist()
    [True, True, False]
    """
    values = np.asarray(losses, float)
    if limit is None:
        return np.zeros(values.shape[:-1], bool)
    gross: NDArray[np.bool_] = ((values > margin).mean(axis=-1) > 0.5) & (values.mean(axis=-1) > limit)
    return gross


def is_grave(losses: ArrayLike, *, limit: float | None, worst: float | None) -> NDArray[np.bool_]:
    """Whether the mean loss, along the last axis, is above the limit, or one volume lost more than the worst that may.

    >>> is_grave([[0.0, 0.0, 0.4], [0.0, 0.2, 0.2], [0.0, 0.1, 0.1]], limit=0.1, worst=0.3).tolist()
    [True, True, False]
    """
    values = np.asarray(losses, float)
    most, mean = (np.inf if it is None else it for it in (worst, limit))
    grave: NDArray[np.bool_] = (values.max(axis=-1) > most) | (values.mean(axis=-1) > mean)
    return grave


def decide(
    upper: ArrayLike, p: ArrayLike, margin: ArrayLike, *, alpha: float, gross: ArrayLike = False
) -> NDArray[np.str_]:
    """Return an `Outcome` for each test; the last axis is the family of one run.

    Parameters
    ----------
    gross
        Whether a loss is a regression without a test (`is_gross`).

    Examples
    --------
    >>> decide([0.005, 0.02, 0.02], [0.001, 0.001, 0.3], 0.01, alpha=0.05).tolist()
    ['pass', 'regression', 'undecided']
    """
    within = np.asarray(upper) < np.asarray(margin)
    lost = (holm_array(p) < alpha) | np.asarray(gross)
    decided: NDArray[np.str_] = np.where(within, "pass", np.where(lost, "regression", "undecided"))
    return decided


def outcome(text: str) -> Outcome:
    """Return an element of `decide` as the type it is."""
    return "pass" if text == "pass" else "regression" if text == "regression" else "undecided"
