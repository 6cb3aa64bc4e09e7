"""Who is significantly better than whom: the significance map of a ranking, pair by pair."""

from __future__ import annotations

from bench_cases.analysis.sheets.ranking import boards
from bench_cases.analysis.sheets.sheet import Material, Sheet, Value, columns
from bench_cases.analysis.statistics.significance_map import significance_map


def significance(material: Material) -> Sheet:
    """One-sided Wilcoxon tests of every ordered pair of algorithms, adjusted by Holm within a dataset."""
    rows: list[tuple[Value, ...]] = []
    for board in boards(material):
        p = significance_map(board.scores, higher_is_better=board.higher_is_better)
        names = board.algorithms
        rows.extend(
            (board.dataset, board.within, board.metric, names[i], names[j], float(p[i, j]), bool(p[i, j] < 0.05))
            for i in range(len(names))
            for j in range(len(names))
            if i != j
        )
    return Sheet(
        name="significance",
        title="Who is better than whom?",
        columns=columns("dataset", "within", "metric", "better", "than", ("p Holm", "p"), "significant"),
        rows=tuple(rows),
        notes=("Family of Holm: all ordered pairs of one dataset and metric.",),
    )
