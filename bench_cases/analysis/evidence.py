"""Evidence: everything that is said of one group of pairs beside its t-test."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bench_cases.analysis.clusters import slice_differences
from bench_cases.analysis.compare import Comparison
from bench_cases.analysis.observations import LATENCIES, LOWER_IS_BETTER
from bench_cases.analysis.rows import ComparisonRow, PairedGroup
from bench_cases.analysis.statistics.cluster_bootstrap import RESAMPLES, Interval, cluster_bootstrap
from bench_cases.analysis.statistics.detectable import detectable_difference
from bench_cases.analysis.statistics.effect_size import cohens_dz
from bench_cases.analysis.statistics.equivalence import Equivalence, two_one_sided
from bench_cases.analysis.statistics.holm import holm
from bench_cases.analysis.statistics.normality import Normality, normality
from bench_cases.analysis.statistics.wilcoxon import SignedRank, signed_rank

MARGINS: Final[Mapping[str, float]] = {"hd95": 1.0, "nsd": 0.02, **dict.fromkeys(LATENCIES, 1.1)}
"""Margins that hold when none is stated: millimetres, a share, and ratios."""

SCORE_MARGIN: Final = 0.01
"""Margin of Dice and Jaccard when none is stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """What a user may choose about the statistics.

    Parameters
    ----------
    margins
        Metric to the difference that does not matter; for latencies the ratio.
    alpha
        Level of the conclusions.
    resamples, seed
        Of the bootstrap.
    """

    margins: Mapping[str, float] = field(default_factory=dict)
    alpha: float = 0.05
    resamples: int = RESAMPLES
    seed: int = 0

    def margin(self, metric: str) -> float:
        """Margin of a metric."""
        return self.margins.get(metric, MARGINS.get(metric, SCORE_MARGIN))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of the difference of one group; of latencies on the logarithmic scale.

    Parameters
    ----------
    row
        The paired t-test.
    p_holm, wilcoxon_p_holm
        p-values adjusted over every dataset, metric and strategy of the comparison.
    sd
        Standard deviation of the differences.
    bootstrap, resampled
        Interval of the mean difference (of latencies: of the ratio), and what was drawn anew.
    margin, conclusion
        Difference that does not matter, and what may be concluded about it.
    detectable
        Mean difference that a t-test of so many pairs finds in 80 % of studies; of latencies a ratio.
    """

    row: ComparisonRow
    group: PairedGroup
    p_holm: float | None
    wilcoxon: SignedRank
    wilcoxon_p_holm: float | None
    sd: float | None
    dz: float | None
    bootstrap: Interval
    resampled: str
    margin: float
    equivalence: Equivalence
    conclusion: str
    normality: Normality
    detectable: float | None


def evidence(comparison: Comparison, method: Method) -> list[Evidence]:
    """Return the evidence behind each row of a comparison, in their order."""
    ranks = [signed_rank(differences(group)) for group in comparison.groups]
    adjusted = holm([row.p for row in comparison.rows])
    adjusted_ranks = holm([test.p for test in ranks])
    return [
        _of(row, group, method, ranks=test, p_holm=p_holm, wilcoxon_p_holm=wilcoxon_p_holm)
        for row, group, test, p_holm, wilcoxon_p_holm in zip(
            comparison.rows, comparison.groups, ranks, adjusted, adjusted_ranks, strict=True
        )
    ]


def differences(group: PairedGroup) -> list[float]:
    """Return A minus B of each pair; of latencies the difference of logarithms."""
    pairing = group.pairing
    if group.metric in LATENCIES:
        return [math.log(a) - math.log(b) for a, b in zip(pairing.a, pairing.b, strict=True)]
    return [a - b for a, b in zip(pairing.a, pairing.b, strict=True)]


def _of(
    row: ComparisonRow,
    group: PairedGroup,
    method: Method,
    *,
    ranks: SignedRank,
    p_holm: float | None,
    wilcoxon_p_holm: float | None,
) -> Evidence:
    found = differences(group)
    ratio = row.scale == "ratio"
    sd = float(np.std(found, ddof=1)) if len(found) > 1 else None
    clusters, resampled = _clusters(group, found)
    interval = cluster_bootstrap(clusters, resamples=method.resamples, seed=method.seed)
    least = None if sd is None else detectable_difference(sd, len(found), alpha=method.alpha)
    margin = method.margin(group.metric)
    equivalence = two_one_sided(found, math.log(margin) if ratio else margin)
    return Evidence(
        row=row,
        group=group,
        p_holm=p_holm,
        wilcoxon=ranks,
        wilcoxon_p_holm=wilcoxon_p_holm,
        sd=sd,
        dz=cohens_dz(found),
        bootstrap=Interval(*(_exp(end) for end in interval)) if ratio else interval,
        resampled=resampled,
        margin=margin,
        equivalence=equivalence,
        conclusion=_conclusion(equivalence, group.metric, method.alpha),
        normality=normality(found),
        detectable=_exp(least) if ratio else least,
    )


def _clusters(group: PairedGroup, found: Sequence[float]) -> tuple[list[list[float]], str]:
    """Return differences by volume: of slices where the metric is a mean over slices, else one a volume."""
    by_slice = slice_differences(group)
    if by_slice is not None:
        return [list(values.values()) for values in by_slice.values()], "volumes, slices"
    return [[value] for value in found], "volumes"


def _conclusion(test: Equivalence, metric: str, alpha: float) -> str:
    """Say what is shown about the margin, from B's point of view."""
    if test.p is None or test.p_not_lower is None or test.p_not_higher is None:
        return "too few"
    if test.p < alpha:
        return "equivalent"
    # A - B below the margin: B is at least as high as A, to within the margin.
    p_higher, p_lower = test.p_not_higher, test.p_not_lower
    not_worse, not_better = (p_lower, p_higher) if metric in LOWER_IS_BETTER else (p_higher, p_lower)
    if not_worse < alpha:
        return "B not inferior"
    return "A not inferior" if not_better < alpha else "not shown"


def _exp(value: float | None) -> float | None:
    return None if value is None else math.exp(value)
