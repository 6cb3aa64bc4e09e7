"""What the tests rest on: the spread of the differences, their shape, and what so few volumes could have found."""

from __future__ import annotations

from bench_cases.analysis.sheets.sheet import KEY, Material, Sheet, columns, key


def power(material: Material) -> Sheet:
    """Spread, normality and minimum detectable difference of every test."""
    rows = [
        (*key(it), it.row.n, it.sd, it.detectable, it.normality.w, it.normality.p, it.normality.note)
        for it in material.evidence()
    ]
    return Sheet(
        name="power",
        title="What could have been found?",
        columns=(
            *KEY,
            *columns("n", "sd of A - B", "detectable", ("Shapiro W", ".3f"), ("p", "p"), "normality"),
        ),
        rows=tuple(rows),
        notes=(
            "detectable: the mean difference that a t-test at 5 % of so many pairs finds in 80 % of studies.",
            "Of latencies: the ratio; their sd is that of the logarithms.",
        ),
    )
