"""How many times as fast: the ratio over rounds that were timed in turns, with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean, stdev
from typing import NamedTuple


class Ratio(NamedTuple):
    """Geometric mean of the rounds' ratios, and its interval (t, 95 %, of logarithms); None from a single round."""

    value: float
    low: float | None
    high: float | None
    rounds: int


def speedup(baseline_s: Sequence[float], contender_s: Sequence[float]) -> Ratio:
    """Return how many times as fast a contender is as the baseline of the same rounds.

    Pairing by round takes out what slows both: a hot machine, a neighbour.

    >>> speedup([4.0, 8.0], [2.0, 4.0])
    Ratio(value=2.0, low=2.0, high=2.0, rounds=2)
    """
    logs = [math.log(base / own) for base, own in zip(baseline_s, contender_s, strict=True)]
    mean = fmean(logs)
    if len(logs) < 2:
        return Ratio(math.exp(mean), None, None, len(logs))
    from scipy.stats import t

    half = float(t.ppf(0.975, len(logs) - 1)) * stdev(logs) / math.sqrt(len(logs))
    return Ratio(math.exp(mean), math.exp(mean - half), math.exp(mean + half), len(logs))
