"""The rows of a comparison: one paired test for each dataset, strategy and metric."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from bench_cases.analysis.observations import LATENCIES, Mode, Observed
from bench_cases.analysis.paired_test import paired_log_ratio, paired_t
from bench_cases.analysis.pairing import LeftOut, Pairing, pair


class Side(NamedTuple):
    """One model of one report."""

    label: str
    observed: Observed


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRow:
    """One paired test.

    Parameters
    ----------
    strategy
        For ``embed`` the mode (``image-mode``, ``video-mode``), since the encoder serves every strategy alike.
    unit
        What a pair is: a volume, or a slice in ``paper`` mode.
    scale
        ``difference``: `estimate` is the mean of A minus B. ``ratio``: it is the geometric mean of A over B, and
        `mean_a` and `mean_b` are geometric means in seconds.
    low, high
        95 % confidence interval of `estimate`.
    shared
        Whether the samples served several strategies; they were counted once.
    """

    dataset: str
    phantom: bool
    strategy: str
    metric: str
    unit: Literal["volume", "slice"]
    a: str
    b: str
    n: int
    mean_a: float | None
    mean_b: float | None
    scale: Literal["difference", "ratio"]
    estimate: float | None
    low: float | None
    high: float | None
    t: float | None
    p: float | None
    df: int | None
    verdict: str
    shared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedGroup:
    """The pairs of one dataset, strategy and metric: what one test is made of."""

    dataset: str
    phantom: bool
    strategy: str
    metric: str
    unit: Literal["volume", "slice"]
    a: Side
    b: Side
    shared: bool
    pairing: Pairing


def paired_groups(a: Side, b: Side, metric: str, mode: Mode) -> tuple[list[PairedGroup], list[LeftOut]]:
    """Return the pairs of each dataset and strategy that both sides have, and what is in none of them."""
    groups_a, groups_b = (side.observed.groups(metric, mode) for side in (a, b))
    phantoms = a.observed.phantoms | b.observed.phantoms
    shared = a.observed.shared(metric) | b.observed.shared(metric) if metric in LATENCIES else set()
    groups: list[PairedGroup] = []
    left_out: list[LeftOut] = []
    for group in {**groups_a, **groups_b}:
        pairing = pair(groups_a.get(group, []), groups_b.get(group, []))
        left_out.extend(pairing.left_out)
        if group in groups_a and group in groups_b:
            dataset, strategy = group
            groups.append(
                PairedGroup(
                    dataset=dataset,
                    phantom=dataset in phantoms,
                    strategy=strategy,
                    metric=metric,
                    unit="slice" if mode == "paper" else "volume",
                    a=a,
                    b=b,
                    shared=group in shared,
                    pairing=pairing,
                )
            )
    return groups, left_out


def tested(group: PairedGroup) -> ComparisonRow:
    """Return the paired t-test of a group; latencies are tested on the logarithmic scale."""
    pairing, metric = group.pairing, group.metric
    if metric in LATENCIES:
        ratio = paired_log_ratio(pairing.a, pairing.b)
        test = ratio.log
        numbers = (ratio.geometric_mean_a, ratio.geometric_mean_b, ratio.ratio, ratio.low, ratio.high)
        verdict = test.verdict.replace("higher", "slower")
    else:
        test = paired_t(pairing.a, pairing.b)
        numbers = (test.mean_a, test.mean_b, test.difference, test.low, test.high)
        verdict = test.verdict
    mean_a, mean_b, estimate, low, high = numbers
    return ComparisonRow(
        dataset=group.dataset,
        phantom=group.phantom,
        strategy=group.strategy,
        metric=metric,
        unit=group.unit,
        a=group.a.label,
        b=group.b.label,
        n=test.n,
        mean_a=mean_a,
        mean_b=mean_b,
        scale="ratio" if metric in LATENCIES else "difference",
        estimate=estimate,
        low=low,
        high=high,
        t=test.t,
        p=test.p,
        df=test.df,
        verdict=verdict,
        shared=group.shared,
    )
