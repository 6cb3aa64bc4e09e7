"""Times of A over times of B: ratios, on the logarithmic scale."""

from __future__ import annotations

from bench_cases.analysis.sheets.sheet import KEY, Material, Sheet, columns, key


def latency(material: Material) -> Sheet:
    """Ratio of the median seconds of each stage, as a geometric mean over volumes, with its intervals."""
    rows = [
        (
            *key(it),
            it.row.n,
            *(None if mean is None else 1000 * mean for mean in (it.row.mean_a, it.row.mean_b)),
            it.row.estimate,
            it.row.low,
            it.row.high,
            *it.bootstrap,
            it.p_holm,
            it.row.verdict,
        )
        for it in material.evidence()
        if it.row.scale == "ratio"
    ]
    names = ("ratio A / B", "t low", "t high", "bootstrap low", "bootstrap high")
    return Sheet(
        name="latency",
        title="How many times slower?",
        columns=(
            *KEY,
            *columns("n", ("A ms", ".2f"), ("B ms", ".2f"), *((name, ".3f") for name in names)),
            *columns(("p Holm", "p"), "verdict"),
        ),
        rows=tuple(rows),
        notes=("Medians of a volume's samples, geometric means over volumes; 95 % intervals.",),
    )
