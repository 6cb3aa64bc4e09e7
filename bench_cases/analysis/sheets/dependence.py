"""What the study's slices are worth: lag-1 autocorrelation along z, and the effective number of slices."""

from __future__ import annotations

from bench_cases.analysis.clusters import slice_differences
from bench_cases.analysis.sheets.sheet import KEY, Material, Sheet, Value, columns, key
from bench_cases.analysis.statistics.dependence import dependence as measure


def dependence(material: Material) -> Sheet:
    """Likeness of neighbouring slices' differences, beside the number of slices and of volumes."""
    rows: list[tuple[Value, ...]] = []
    for it in material.evidence():
        by_slice = slice_differences(it.group)
        if by_slice:
            found = measure([sorted(values.items()) for values in by_slice.values()])
            rows.append((*key(it), len(by_slice), found.n, found.lag1, found.effective_n))
    return Sheet(
        name="dependence",
        title="How many independent slices are there?",
        columns=(*KEY, *columns("volumes", "slices", ("lag-1 r", "+.3f"), ("effective n", ".0f"))),
        rows=tuple(rows),
        notes=(
            "lag-1 r: correlation of A - B between neighbouring slices about their volume's mean.",
            "Effective n: independent slices worth as much, n (1 - r) / (1 + r); other likeness is not in it.",
        ),
    )
