"""Pairs beyond the whiskers, sorted: where to look first (Gutiérrez et al. 2025)."""

from __future__ import annotations

from bench_cases.analysis.sheets.sheet import KEY, Material, Sheet, Value, columns, key
from bench_cases.analysis.statistics.spread import spread


def outliers(material: Material) -> Sheet:
    """Every pair whose difference lies beyond the whiskers, the most negative A - B first."""
    rows: list[tuple[Value, ...]] = []
    for it in material.evidence():
        pairing = it.group.pairing
        found = [a - b for a, b in zip(pairing.a, pairing.b, strict=True)]
        box = spread(found)
        for at in () if box is None else box.outliers:
            where = pairing.keys[at]
            rows.append((*key(it), where.volume, where.slice_index, pairing.a[at], pairing.b[at], found[at]))
    return Sheet(
        name="outliers",
        title="Which pairs stand out?",
        columns=(*KEY, *columns("volume", "slice", "value A", "value B", ("A - B", "+.4f"))),
        rows=tuple(rows),
        notes=("Beyond 1.5 IQR of the quartiles of A - B, lowest first.",),
    )
