"""The mixed model of slice differences: an option, for those who want slices to count and volumes too."""

from __future__ import annotations

from bench_cases.analysis.clusters import slice_differences
from bench_cases.analysis.sheets.sheet import KEY, Material, Sheet, Value, columns, key
from bench_cases.analysis.statistics.mixed_model import mixed_model


def mixed(material: Material) -> Sheet:
    """Mean of A - B over slices with the volume as random effect."""
    rows: list[tuple[Value, ...]] = []
    for it in material.evidence():
        by_slice = slice_differences(it.group)
        if by_slice is not None:
            rows.append((*key(it), *mixed_model([list(values.values()) for values in by_slice.values()])))
    return Sheet(
        name="mixed",
        title="What does a mixed model say?",
        columns=(
            *KEY,
            *columns("slices", "volumes", *((name, "+.4f") for name in ("A - B", "low", "high")), ("p", "p")),
            *columns(("between volumes", ".0%"), "note"),
        ),
        rows=tuple(rows),
        notes=(
            "difference ~ 1 + (1 | volume), restricted maximum likelihood; Wald intervals, small with few volumes.",
        ),
    )
