"""The spread of the differences, and how many pairs got better (Gutiérrez et al. 2025)."""

from __future__ import annotations

from bench_cases.analysis.observations import LOWER_IS_BETTER
from bench_cases.analysis.sheets.sheet import KEY, Material, Sheet, Value, columns, key
from bench_cases.analysis.statistics.shares import shares
from bench_cases.analysis.statistics.spread import spread


def deltas(material: Material) -> Sheet:
    """Box plots of A - B in numbers, and shares of pairs that B improved and worsened."""
    rows: list[tuple[Value, ...]] = []
    for it in material.evidence():
        pairing = it.group.pairing
        box = spread([a - b for a, b in zip(pairing.a, pairing.b, strict=True)])
        if box is None:
            continue
        share = shares(pairing.a, pairing.b, higher_is_better=it.row.metric not in LOWER_IS_BETTER)
        numbers = (box.median, box.q1, box.q3, box.iqr, box.whisker_low, box.whisker_high)
        rows.append((*key(it), it.row.n, *numbers, len(box.outliers), share.improved, share.worsened))
    names = ("median", "q1", "q3", "IQR", "whisker low", "whisker high")
    return Sheet(
        name="deltas",
        title="How are the differences A - B spread?",
        columns=(
            *KEY,
            *columns("n", *((name, "+.4f") for name in names), "outliers", ("improved", ".1%"), ("worsened", ".1%")),
        ),
        rows=tuple(rows),
        notes=(
            "Whiskers: the most extreme pairs within 1.5 IQR of the quartiles. Latencies in seconds.",
            "Improved, worsened: share of pairs in which B is better, worse than A.",
        ),
    )
