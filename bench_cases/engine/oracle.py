"""The mask choice ``oracle``: of several candidates the one that matches the reference best, an upper bound.

The comparison is made here, in image mode on what a model hands out and in video mode when a model asks which candidate
counts, so that no model ever sees the reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bench_cases.engine.feature_store import Key

ORACLE: Final = "of three candidates the mask that matches the reference best was taken; no user can do that"


def match(mask_yx: NDArray[np.bool_], reference_yx: NDArray[np.bool_]) -> tuple[float, int]:
    """Say how well a mask matches a reference, more being better: its Jaccard index, then how few pixels are wrong.

    Two empty masks match fully. The second number tells apart what overlaps nothing: past the end of a structure the
    candidate that paints least is the best.

    >>> nothing, one, two = (np.arange(3) < painted for painted in (0, 1, 2))
    >>> match(two, one), match(one, nothing), match(nothing, nothing)
    ((0.5, -1), (0.0, -1), (1.0, 0))
    """
    common, either = int((mask_yx & reference_yx).sum()), int((mask_yx | reference_yx).sum())
    return (common / either if either else 1.0), common - either


@dataclass(slots=True, kw_only=True)
class Oracle:
    """Chooses among the candidates of one walk: a `bench_cases.contracts.Chooser`.

    It chooses frame by frame. A walk remembers what was chosen, and another choice early on might serve later frames
    better: the bound is that of a chooser who sees one frame at a time.

    Parameters
    ----------
    reference_zyx
        The volume's reference.
    keys
        What the walk sees at each position.
    asked
        On how many frames there was something to choose; counted here.
    """

    reference_zyx: NDArray[np.bool_]
    keys: Sequence[Key]
    asked: int = 0

    def __call__(self, position: int, candidates: Sequence[NDArray[np.bool_]]) -> int | None:
        """Return the candidate that matches best, the first on ties; None on a frame that has no reference here.

        These are foreign frames, and frames between two slices.
        """
        key = self.keys[position]
        if not isinstance(key, int) or key < 0:
            return None
        self.asked += 1
        matches = [match(mask, self.reference_zyx[key]) for mask in candidates]
        return matches.index(max(matches))
