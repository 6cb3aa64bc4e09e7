"""The tests: whether there is a difference, and whether it is shown that there is none that matters."""

from __future__ import annotations

from bench_cases.analysis.sheets.sheet import KEY, Material, Sheet, columns, key


def tests(material: Material) -> Sheet:
    """Paired t and Wilcoxon with Holm's adjustment, and the two one-sided tests against the margin."""
    found = material.evidence()
    rows = [
        (
            *key(it),
            it.row.n,
            it.row.t,
            it.row.p,
            it.p_holm,
            it.wilcoxon.p,
            it.wilcoxon_p_holm,
            it.margin,
            it.equivalence.p,
            it.conclusion,
        )
        for it in found
    ]
    m = sum(it.row.p is not None for it in found)
    p = [(name, "p") for name in ("p t", "p t Holm", "p Wilcoxon", "p Wilcoxon Holm")]
    return Sheet(
        name="tests",
        title="Is the difference real, and does it matter?",
        columns=(*KEY, *columns("n", ("t", ".2f"), *p, ("margin", "g"), ("p TOST", "p"), "within the margin")),
        rows=tuple(rows),
        notes=(
            f"Holm: over the {m} tests of this table: all datasets, metrics, strategies and pairs of models.",
            "Margin: the difference that does not matter (of latencies the ratio). Equivalent: shown to be within it.",
            "Not inferior: any loss is shown to be smaller than the margin. Not shown: the data do not decide.",
        ),
    )
