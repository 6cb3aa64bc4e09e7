"""Where the middle slice stands among all slices as the seed: ranks, percentiles, and the ranges of the best.

Gutiérrez et al. (Algorithms 2025, 18, 227) prompt the middle slice and ask how good a choice it is: they set the
metrics against the normalised position of the slice, with its best 1 % and 2 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

SHARES: Final = (0.01, 0.02)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One slice tried as the seed.

    Parameters
    ----------
    volume
        Whose slice it is.
    slice_index
        Its index in the source file.
    position
        0 at the volume's first slice with target, 1 at its last; None where there is one only.
    middle
        Whether it is slice ``n // 2`` of its volume.
    dice, jaccard
        Mean over the slices with target of the volume that was segmented, 0..1; None when it failed.
    dice_all
        Over every voxel (3D).
    failed
        Why there is no score; empty when there is one.
    """

    volume: str
    slice_index: int
    position: float | None
    middle: bool
    dice: float | None
    jaccard: float | None
    dice_all: float | None
    failed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """The best of the seeds by Dice, and the positions between which they lie.

    Parameters
    ----------
    share
        The part of all scored seeds that is taken, rounded up to whole seeds: the best 1 % of 32 is the best one.
    least_dice
        Of those taken.
    first, last
        Normalised positions between which they lie; None when they have none.
    holds_middle
        Whether a middle slice is among them.
    """

    share: float
    seeds: int
    least_dice: float
    first: float | None
    last: float | None
    holds_middle: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one middle slice stands.

    Parameters
    ----------
    rank
        1 for the best; equal Dice has equal rank.
    of
        Seeds scored.
    percentile
        Share of the seeds, itself included, that are no better, in per cent: 100 for the best.
    behind
        Dice of the best seed less its own.
    """

    volume: str
    slice_index: int
    position: float | None
    dice: float
    rank: int
    of: int
    percentile: float
    behind: float


def scored(trials: Iterable[Trial]) -> list[tuple[Trial, float]]:
    """Return the trials that have a Dice, best first; on ties the first volume and slice."""
    ranked = [(trial, trial.dice) for trial in trials if trial.dice is not None]
    return sorted(ranked, key=lambda entry: -entry[1])


def best_ranges(trials: Iterable[Trial], shares: Sequence[float] = SHARES) -> list[Range]:
    """Return the ranges of the best 1 % and 2 % of the seeds; none when nothing was scored."""
    ranked = scored(trials)
    return [_range(ranked[: math.ceil(share * len(ranked))], share) for share in shares] if ranked else []


def _range(taken: Sequence[tuple[Trial, float]], share: float) -> Range:
    positions = [trial.position for trial, _ in taken if trial.position is not None]
    return Range(
        share=share,
        seeds=len(taken),
        least_dice=taken[-1][1],
        first=min(positions, default=None),
        last=max(positions, default=None),
        holds_middle=any(trial.middle for trial, _ in taken),
    )


def standings(trials: Iterable[Trial]) -> list[Standing]:
    """Return where each middle slice stands, in the order of the volumes."""
    trials = list(trials)
    values = [dice for _, dice in scored(trials)]
    return [
        Standing(
            volume=trial.volume,
            slice_index=trial.slice_index,
            position=trial.position,
            dice=trial.dice,
            rank=1 + sum(value > trial.dice for value in values),
            of=len(values),
            percentile=100 * sum(value <= trial.dice for value in values) / len(values),
            behind=values[0] - trial.dice,
        )
        for trial in trials
        if trial.middle and trial.dice is not None
    ]


def summary(trials: Sequence[Trial]) -> dict[str, Any]:
    """Return everything as strict JSON: ``middle``, ``best`` and ``seeds``, the latter in the order tried."""
    return {
        "middle": [asdict(standing) for standing in standings(trials)],
        "best": [asdict(found) for found in best_ranges(trials)],
        "seeds": [asdict(trial) for trial in trials],
    }
