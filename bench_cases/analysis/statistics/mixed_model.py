"""A mixed model of slice differences, volumes as random effect: slices are used, and their kinship is paid for."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class MixedModel(NamedTuple):
    """Result of ``difference ~ 1 + (1 | volume)``, fitted by restricted maximum likelihood.

    Parameters
    ----------
    slices, volumes
        What it was fitted to.
    estimate, low, high, p
        Mean difference with its Wald interval and p-value (normal approximation: small with few volumes).
    share_between
        Share of the variance that lies between volumes (intraclass correlation), 0..1.
    note
        Why there is no estimate, or what the optimiser said; empty when all is well.
    """

    slices: int
    volumes: int
    estimate: float | None
    low: float | None
    high: float | None
    p: float | None
    share_between: float | None
    note: str


def mixed_model(clusters: Sequence[Sequence[float]], *, confidence: float = 0.95) -> MixedModel:
    """Estimate the mean of slice differences when each volume has a level of its own (Laird & Ware 1982).

    Parameters
    ----------
    clusters
        Slice differences, one list a volume.
    """
    values = np.concatenate([np.asarray(cluster, float) for cluster in clusters]) if clusters else np.zeros(0)
    volume = np.repeat(np.arange(len(clusters)), [len(cluster) for cluster in clusters])

    def without(note: str) -> MixedModel:
        return MixedModel(len(values), len(clusters), None, None, None, None, None, note)

    if len(clusters) < 2:
        return without(f"{len(clusters)} volume; a random effect needs two or more")
    if len(values) <= len(clusters):
        return without("one slice a volume: slices and volumes cannot be told apart")
    if np.ptp(values) == 0:
        return without("all differences are equal")
    # In units of their own spread: statsmodels calls any variance below 0.01 its boundary, and Dice has none above.
    unit = float(values.std())
    from statsmodels.regression.mixed_linear_model import MixedLM

    with warnings.catch_warnings(record=True) as said:
        # The optimiser warns where a variance is estimated as zero; a reader of the table is told instead.
        warnings.simplefilter("always")
        try:
            fit = MixedLM(values / unit, np.ones((len(values), 1)), groups=volume).fit(reml=True)
            interval = unit * np.asarray(fit.conf_int(alpha=1 - confidence))[0]
            estimate, p = unit * float(np.asarray(fit.fe_params)[0]), float(np.asarray(fit.pvalues)[0])
            between, within = float(np.asarray(fit.cov_re).ravel()[0]), float(fit.scale)
        except (np.linalg.LinAlgError, ValueError) as problem:
            return without(f"cannot be fitted: {problem}")
    if not np.isfinite([estimate, p, *interval]).all():
        return without("cannot be fitted: the variance is singular")
    note = "; ".join(dict.fromkeys(str(it.message).split(".")[0].split("\n")[0] for it in said))
    share = between / (between + within)
    return MixedModel(len(values), len(clusters), estimate, float(interval[0]), float(interval[1]), p, share, note)
