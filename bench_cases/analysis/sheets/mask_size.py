"""Whether the difference depends on how large the target is (Gutiérrez et al. 2025)."""

from __future__ import annotations

from statistics import fmean

from bench_cases.analysis.clusters import reference_px, slice_differences
from bench_cases.analysis.sheets.sheet import KEY, Material, Sheet, Value, columns, key
from bench_cases.analysis.statistics.correlation import correlation


def mask_size(material: Material) -> Sheet:
    """Pearson correlation of the target's area with A - B: over volumes, and over slices as the study has it."""
    rows: list[tuple[Value, ...]] = []
    for it in material.evidence():
        by_slice = slice_differences(it.group)
        if by_slice is None:
            continue
        size = reference_px(it.group)
        volumes = [volume for volume in by_slice if volume in size]
        over_volumes = correlation(
            [fmean(size[volume].values()) for volume in volumes],
            [fmean(by_slice[volume].values()) for volume in volumes],
        )
        places = [(volume, z) for volume in volumes for z in by_slice[volume] if z in size[volume]]
        over_slices = correlation(
            [float(size[volume][z]) for volume, z in places], [by_slice[volume][z] for volume, z in places]
        )
        rows.append((*key(it), "volume", *over_volumes))
        rows.append((*key(it), "slice", *over_slices))
    return Sheet(
        name="mask-size",
        title="Does the difference depend on the target's area?",
        columns=(
            *KEY,
            *columns("unit", "n", *((name, "+.3f") for name in ("r", "low", "high")), ("p", "p"), ("rho", "+.3f")),
        ),
        rows=tuple(rows),
        notes=("Slices of one volume are not independent: the interval and p of unit slice are too good to be true.",),
    )
