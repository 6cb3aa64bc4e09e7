"""Score against what a volume is like: its depth, the thickness of its slices, the likeness of neighbours."""

from __future__ import annotations

import math
from typing import Final

from bench_cases.analysis.models_compared import metrics_compared, models_compared
from bench_cases.analysis.observations import LATENCIES, Observed
from bench_cases.analysis.sheets.sheet import Material, Sheet, Value, columns
from bench_cases.analysis.statistics.correlation import correlation
from bench_cases.findings import VolumeShape

COVARIATES: Final = {
    "depth": "slices",
    "slices with target": "slices_with_target",
    "thickness mm": "thickness_mm",
    "neighbour similarity": "similarity_mean",
}
"""Heading to the field of `VolumeShape`."""


def covariates(material: Material) -> Sheet:
    """Correlation over volumes of every score with depth, thickness and similarity (open in Dong et al. 2024)."""
    rows: list[tuple[Value, ...]] = []
    for label, observed in models_compared(material.comparison).items():
        shapes = _shapes(observed)
        for metric in metrics_compared(material.comparison):
            if metric in LATENCIES:
                continue
            for (dataset, strategy), values in observed.groups(metric, "volume").items():
                known = [
                    (shapes[dataset, it.key.volume], it.value) for it in values if (dataset, it.key.volume) in shapes
                ]
                for heading, field in COVARIATES.items():
                    found = correlation([_number(shape, field) for shape, _ in known], [score for _, score in known])
                    rows.append((dataset, strategy, label, metric, heading, *found))
    return Sheet(
        name="covariates",
        title="Does the score depend on what the volume is like?",
        columns=columns(
            "dataset",
            "strategy",
            "model",
            "metric",
            "against",
            "n",
            *((name, "+.3f") for name in ("r", "low", "high")),
            ("p", "p"),
            ("rho", "+.3f"),
        ),
        rows=tuple(rows),
        notes=(
            "Pearson's r with its 95 % interval over volumes, Spearman's rho; p is not adjusted: a search, no test.",
        ),
    )


def _shapes(observed: Observed) -> dict[tuple[str, str], VolumeShape]:
    return {
        (result.case.dataset, result.case.volume): result.volume_shape
        for result in observed.results
        if result.volume_shape is not None
    }


def _number(shape: VolumeShape, field: str) -> float:
    value: float | None = getattr(shape, field)
    return math.nan if value is None else float(value)
