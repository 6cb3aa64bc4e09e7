"""Scores of each model: mean, median, standard deviation, least and greatest (Gutiérrez et al. 2025)."""

from __future__ import annotations

import math

from bench_cases.analysis.observations import LATENCIES, Mode
from bench_cases.analysis.sheets.sheet import Material, Sheet, Value, columns
from bench_cases.analysis.statistics.describe import describe


def summary(material: Material) -> Sheet:
    """Describe every model on its own, over all it has, whether or not the other side has it too."""
    rows: dict[tuple[str, ...], tuple[Value, ...]] = {}
    for group in material.comparison.groups:
        for side in (group.a, group.b):
            name = (group.dataset, group.strategy, side.label, group.metric)
            if name in rows:
                continue
            mode: Mode = "paper" if group.unit == "slice" else "volume"
            observed = side.observed.groups(group.metric, mode)[group.dataset, group.strategy]
            scale = 1000 if group.metric in LATENCIES else 1
            found = describe([scale * it.value for it in observed if math.isfinite(it.value)])
            dataset = f"{group.dataset} PHANTOM" if group.phantom else group.dataset
            rows[name] = (dataset, *name[1:], *found)
    return Sheet(
        name="summary",
        title="What does each model score?",
        columns=columns("dataset", "strategy", "model", "metric", "n", "mean", "median", "sd", "min", "max"),
        rows=tuple(rows.values()),
        notes=("sd: n - 1 in the denominator. Latencies in milliseconds, HD95 in millimetres.",),
    )
