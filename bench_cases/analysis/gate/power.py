"""What the volumes at hand could have told, and how many would decide: beside each verdict that is undecided."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench_cases.analysis.statistics.detectable import detectable_difference, pairs_needed

POWER = 0.8
"""Share of studies that find what is there: the convention of the field (Cohen 1988)."""


def in_words(losses: NDArray[np.float64], *, margin: float, alpha: float, family: int, unit: str = "") -> str:
    """Return the least loss that so many volumes tell, and the number that would decide about this one.

    Parameters
    ----------
    losses
        Of two volumes or more, not all alike. Their spread is taken for that of all volumes: of three, a rough guess.
    family
        Number of tests of the run: a regression is shown at ``alpha / family``, a pass at ``alpha``.
    unit
        Stands behind the loss.

    Examples
    --------
    >>> in_words(np.array([0.05, 0.2, 0.5]), margin=0.01, alpha=0.05, family=6)
    'with this spread, 3 volumes detect only losses of 1.3 or more; about 12 would be needed to show this one'
    """
    mean, sd, n = float(losses.mean()), float(losses.std(ddof=1)), len(losses)
    # Two-sided at twice the level: the other side adds next to nothing.
    least = detectable_difference(sd, n, alpha=2 * alpha / family, power=POWER)
    if mean > margin:
        needed, what = pairs_needed(mean, sd, alpha=alpha / family, power=POWER), "show this one"
    else:
        needed, what = pairs_needed(margin - mean, sd, alpha=alpha, power=POWER), "confirm the margin"
    enough = "more than could be had" if needed is None else f"about {needed}"
    seen = f"with this spread, {n} volumes detect only losses of {least:.3g}{unit} or more"
    return f"{seen}; {enough} would be needed to {what}"
