"""Scores after each click, the area under their curve, and how many clicks a score takes.

* Area under the curve of score against interaction, divided by the budget so that 1 is perfect: the DAVIS interactive
  challenge (Caelles et al., "The 2018 DAVIS Challenge on Video Object Segmentation", 2018, §3) does so with time; here
  interaction is counted in clicks, as in RITM's curves (Sofiiuk et al. 2022).
* Number of clicks to a stated score, NoC@85 and NoC@90 (Xu et al. 2016): what never reaches it counts with all clicks
  allowed, and is counted as a failure (Sofiiuk et al. 2022, NoF). The field states it for IoU and begins to count at
  the first click; here it is stated for Dice and Jaccard both, and counts the clicks *after* the first prompt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from bench_cases.cases import Scores
from bench_cases.clicks import Click, ClickCurve, ClicksToReach
from bench_cases.metrics import score

THRESHOLDS: Final = (0.85, 0.90)
"""Scores to be reached: those of the field."""


def click_curve(
    reference_zyx: NDArray[np.bool_],
    masks_after: Callable[[int], NDArray[np.bool_]],
    *,
    allowed: int,
    given: Sequence[Click],
    counted_by: Literal["slice", "volume"],
) -> ClickCurve:
    """Score the masks of one volume after 0, 1, ... `allowed` clicks.

    Parameters
    ----------
    reference_zyx
        Boolean, shape ``(Z, Y, X)``.
    masks_after
        From a number of clicks to the masks, of the same shape.
    allowed
        Clicks allowed, at least 1.
    counted_by
        Whether clicks were counted on each slice or in the volume: what `ClickCurve.to_reach` is stated for.

    Raises
    ------
    DataError
        When shapes differ or no slice carries the target.
    """
    after = [score(reference_zyx, masks_after(clicks)) for clicks in range(allowed + 1)]
    dice = [scores.dice_nonempty for scores in after]
    jaccard = [scores.jaccard_nonempty for scores in after]
    curves = {
        "dice": [dice] if counted_by == "volume" else _slice_curves(after, "dice"),
        "jaccard": [jaccard] if counted_by == "volume" else _slice_curves(after, "jaccard"),
    }
    return ClickCurve(
        allowed=allowed,
        given=list(given),
        dice_nonempty=dice,
        jaccard_nonempty=jaccard,
        dice_all=[scores.dice_all for scores in after],
        jaccard_all=[scores.jaccard_all for scores in after],
        area_dice=area_under(dice),
        area_jaccard=area_under(jaccard),
        to_reach=[to_reach(measure, it, threshold) for measure, it in curves.items() for threshold in THRESHOLDS],
        slice_index=after[0].per_slice.index,
        slice_dice=[scores.per_slice.dice for scores in after],
        slice_jaccard=[scores.per_slice.jaccard for scores in after],
    )


def area_under(curve: Sequence[float]) -> float:
    """Return the area under scores after 0, 1, ... N clicks by the trapezoid rule, divided by N: the mean height.

    >>> area_under([0.0, 1.0]), area_under([0.5, 1.0, 1.0])
    (0.5, 0.875)
    """
    return (sum(curve) - (curve[0] + curve[-1]) / 2) / (len(curve) - 1)


def to_reach(measure: str, curves: Sequence[Sequence[float]], threshold: float) -> ClicksToReach:
    """Return how many clicks `threshold` takes: the mean over curves, those that never reach it counted in full.

    >>> to_reach("dice", [[0.9, 0.9], [0.5, 0.9], [0.1, 0.2]], 0.9)
    ClicksToReach(measure='dice', threshold=0.9, mean_clicks=0.6666666666666666, unreached=1, of=3)
    """
    first = [next((clicks for clicks, it in enumerate(curve) if it >= threshold), None) for curve in curves]
    most = len(curves[0]) - 1
    return ClicksToReach(
        measure=measure,
        threshold=threshold,
        mean_clicks=float(np.mean([most if clicks is None else clicks for clicks in first])),
        unreached=sum(clicks is None for clicks in first),
        of=len(curves),
    )


def _slice_curves(after: Sequence[Scores], measure: Literal["dice", "jaccard"]) -> list[list[float]]:
    """Return the curve of each slice that carries the target, where no score is undefined."""
    places = [place for place, pixels in enumerate(after[0].per_slice.reference_px) if pixels]
    return [[float(getattr(scores.per_slice, measure)[place]) for scores in after] for place in places]
