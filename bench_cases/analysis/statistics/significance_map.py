"""Which algorithm is significantly better than which: one-sided signed-rank tests, adjusted by Holm."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench_cases.analysis.statistics.holm import holm
from bench_cases.analysis.statistics.wilcoxon import signed_rank


def significance_map(scores: ArrayLike, *, higher_is_better: bool = True) -> NDArray[np.float64]:
    """Return adjusted p-values; entry ``[i, j]`` is against "i is not better than j", NaN on the diagonal.

    As the significance maps of challengeR (Wiesenfarth et al. 2021), the family being all ordered pairs of one dataset.

    Parameters
    ----------
    scores
        Finite numbers of shape ``(n, k)``: n volumes, k algorithms.

    Examples
    --------
    Five volumes, the first always better by another amount: 1 in 2**5, times the two tests of the family.

    >>> significance_map([[0.9, 0.1], [0.8, 0.1], [0.7, 0.1], [0.6, 0.1], [0.5, 0.1]]).tolist()
    [[nan, 0.0625], [1.0, nan]]
    """
    values = np.asarray(scores, float) * (1 if higher_is_better else -1)
    k = values.shape[1]
    pairs = [(i, j) for i in range(k) for j in range(k) if i != j]
    raw = [_p(values[:, i] - values[:, j]) for i, j in pairs]
    found = np.full((k, k), np.nan)
    for (i, j), p in zip(pairs, holm(raw), strict=True):
        found[i, j] = 1.0 if p is None else p
    return found


def _p(differences: NDArray[np.float64]) -> float:
    # Equal on every volume: nothing speaks for either.
    p = signed_rank(differences.tolist(), alternative="greater").p
    return 1.0 if p is None else p
