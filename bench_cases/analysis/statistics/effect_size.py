"""Cohen's d_z: a mean difference in units of the differences' own spread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def cohens_dz(differences: Sequence[float]) -> float | None:
    """Return the mean of paired differences over their standard deviation (n - 1); None where there is no spread.

    ``d_z = t / sqrt(n)`` (Cohen 1988, section 2.3.5; the name is Lakens 2013's, doi:10.3389/fpsyg.2013.00863). It says
    how consistent a difference is from volume to volume, not how large it is.

    >>> cohens_dz([1.0, 2.0, 3.0])
    2.0
    """
    values = np.asarray(differences, float)
    if len(values) < 2:
        return None
    spread = float(values.std(ddof=1))
    # What rounding leaves of equal differences is no spread.
    return None if spread <= 1e-12 * float(np.abs(values).max()) else float(values.mean()) / spread
