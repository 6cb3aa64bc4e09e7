"""What a speed cost in accuracy: a contender's masks and scores against the baseline's."""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from bench_cases.metrics import dice
from bench_cases.speed.contender import Work


class Agreement(NamedTuple):
    """How close a contender came to the baseline, over the strategies that both can do.

    Parameters
    ----------
    strategies
        Compared; those are left out whose mask choice the library's predictor cannot make.
    dice
        Mean over these strategies of the contender's own Dice (3D, against the reference).
    dice_difference
        Mean difference of the Dice over slices with the target, contender minus baseline.
    worst_difference
        The one farthest from zero among strategies.
    same_masks
        Dice between the contender's masks and the baseline's, least over strategies; None where both are empty
        everywhere, as random weights may make them.
    voxels_differ
        Voxels that differ, over all strategies.
    """

    strategies: int
    dice: float | None
    dice_difference: float | None
    worst_difference: float | None
    same_masks: float | None
    voxels_differ: int


def agreement(work: Work, baseline: Work, compared: Collection[str]) -> Agreement:
    """Compare masks and scores strategy by strategy."""
    differences = [work.scores[name].dice_nonempty - baseline.scores[name].dice_nonempty for name in compared]
    overlaps = []
    differ = 0
    for name in compared:
        mine, theirs = work.masks_zyx[name], baseline.masks_zyx[name]
        overlap = dice(int((mine & theirs).sum()), int(theirs.sum()), int(mine.sum()))
        overlaps += [] if math.isnan(overlap) else [overlap]
        differ += int((mine != theirs).sum())
    return Agreement(
        strategies=len(compared),
        dice=float(np.mean([work.scores[name].dice_all for name in compared])) if compared else None,
        dice_difference=float(np.mean(differences)) if differences else None,
        worst_difference=max(differences, key=abs) if differences else None,
        same_masks=min(overlaps) if overlaps else None,
        voxels_differ=differ,
    )
