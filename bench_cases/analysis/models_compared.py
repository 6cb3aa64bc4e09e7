"""Each model of a comparison once, however many pairs it is in."""

from __future__ import annotations

from bench_cases.analysis.compare import Comparison
from bench_cases.analysis.observations import Observed


def models_compared(comparison: Comparison) -> dict[str, Observed]:
    """Return label to observations, in the order in which the models first appear."""
    return {side.label: side.observed for group in comparison.groups for side in (group.a, group.b)}


def metrics_compared(comparison: Comparison) -> list[str]:
    """Return the metrics of a comparison in their order."""
    return list(dict.fromkeys(group.metric for group in comparison.groups))
