"""The first table of a comparison: how large the difference is, and how sure that is. Intervals before p-values."""

from __future__ import annotations

from bench_cases.analysis.sheets.sheet import KEY, Material, Sheet, Value, columns, key
from bench_cases.analysis.statistics.cluster_bootstrap import FEW


def differences(material: Material) -> Sheet:
    """Mean difference A - B of every score, with the intervals of t and of the cluster bootstrap, and d_z."""
    found = [it for it in material.evidence() if it.row.scale == "difference"]
    rows: list[tuple[Value, ...]] = []
    for it in found:
        row = it.row
        means = (row.mean_a, row.mean_b, row.estimate, row.low, row.high)
        rows.append((*key(it), row.n, *means, *it.bootstrap, it.resampled, it.dz, row.verdict))
    notes = ["95 % intervals of the mean of A - B, one value a " + (found[0].row.unit if found else "volume") + "."]
    if any(it.row.unit == "volume" and it.row.n < FEW for it in found):
        notes.append(f"Below {FEW} volumes the bootstrap interval is too narrow; use the t interval.")
    return Sheet(
        name="differences",
        title="How large is the difference?",
        columns=(
            *KEY,
            *columns("n", "mean A", "mean B"),
            *columns(*((name, "+.4f") for name in ("A - B", "t low", "t high", "bootstrap low", "bootstrap high"))),
            *columns("drawn", ("d_z", "+.2f"), "verdict"),
        ),
        rows=tuple(rows),
        notes=tuple(notes),
    )
