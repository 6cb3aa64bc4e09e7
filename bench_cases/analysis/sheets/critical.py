"""The numbers behind a critical-difference diagram (Demšar 2006)."""

from __future__ import annotations

from bench_cases.analysis.sheets.ranking import boards
from bench_cases.analysis.sheets.sheet import Material, Sheet, Value, columns
from bench_cases.analysis.statistics.critical_difference import critical_difference


def critical(material: Material) -> Sheet:
    """Mean ranks, Friedman's test, Nemenyi's critical difference, and the groups that cannot be told apart."""
    rows: list[tuple[Value, ...]] = []
    for board in boards(material):
        found = critical_difference(board.scores, higher_is_better=board.higher_is_better)
        for at, name in sorted(enumerate(board.algorithms), key=lambda it: found.mean_rank[it[0]]):
            groups = [str(number) for number, members in enumerate(found.cliques, start=1) if at in members]
            key = (board.dataset, board.within, board.metric, name)
            rank = float(found.mean_rank[at])
            rows.append((*key, len(board.volumes), rank, found.friedman, found.p, found.difference, " ".join(groups)))
    return Sheet(
        name="critical-difference",
        title="Which ranks can be told apart?",
        columns=columns(
            "dataset",
            "within",
            "metric",
            "algorithm",
            "volumes",
            ("mean rank", ".2f"),
            ("Friedman", ".2f"),
            ("p", "p"),
            ("critical difference", ".2f"),
            "groups",
        ),
        rows=tuple(rows),
        notes=("Algorithms that share a group number have mean ranks within the critical difference (5 %).",),
    )
