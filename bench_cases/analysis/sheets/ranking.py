"""Rankings of more than two algorithms, as the field's challenges make them (Wiesenfarth et al. 2021)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from bench_cases.analysis.leaderboards import Leaderboard, leaderboards
from bench_cases.analysis.models_compared import metrics_compared, models_compared
from bench_cases.analysis.observations import LATENCIES
from bench_cases.analysis.sheets.sheet import Material, Sheet, Value, columns
from bench_cases.analysis.statistics.rank_stability import rank_stability
from bench_cases.analysis.statistics.ranks import rank, volume_ranks

LEAST = 3
"""Fewer algorithms than this are compared, not ranked."""

OVER_ALL = "all datasets"


def boards(material: Material) -> Iterator[Leaderboard]:
    """Yield the leaderboards with at least three algorithms and two volumes."""
    models = models_compared(material.comparison)
    for metric in metrics_compared(material.comparison):
        # Embedding is timed by mode, not by strategy: there is nothing to rank but models.
        if metric in LATENCIES and material.rank_by != "model":
            continue
        for board in leaderboards(models, metric, material.rank_by):
            if len(board.algorithms) >= LEAST and len(board.volumes) > 1:
                yield board


def ranking(material: Material) -> Sheet:
    """Mean rank, rank of means, and how stable the order is, by dataset and over all datasets."""
    rows: list[tuple[Value, ...]] = []
    notes = [
        "rank: order of the mean rank over volumes (rank, then aggregate); rank of means: aggregate, then rank.",
        "Low, high: 95 % of the rank over volumes drawn anew; first: share of draws in which it is first.",
        "tau: Kendall's tau between the order and that of each draw, mean over draws.",
        f"{OVER_ALL}: mean over datasets of the mean rank, each dataset counting alike.",
    ]
    found = list(boards(material))
    for board in found:
        rows.extend(_rows(board, material.method.seed))
        if board.failed:
            notes.append(f"{board.dataset} {board.metric}: {board.failed} cases ended in an error and count as 0.")
        notes.extend(f"left out: {line}" for line in board.left_out)
    rows.extend(_over_all(found))
    if not rows:
        notes = [f"Nothing to rank: expected at least {LEAST} algorithms on at least two volumes."]
    return Sheet(
        name="ranking",
        title="Who is first, and would it be with other volumes?",
        columns=columns(
            "dataset",
            "within",
            "metric",
            "algorithm",
            "volumes",
            ("rank", "g"),
            ("mean rank", ".2f"),
            ("rank of means", "g"),
            "mean",
            ("low", "g"),
            ("high", "g"),
            ("first", ".0%"),
            ("tau", ".2f"),
        ),
        rows=tuple(rows),
        notes=tuple(dict.fromkeys(notes)),
    )


def _rows(board: Leaderboard, seed: int) -> list[tuple[Value, ...]]:
    found = rank(board.scores, higher_is_better=board.higher_is_better)
    stable = rank_stability(board.scores, higher_is_better=board.higher_is_better, seed=seed)
    means = board.scores.mean(axis=0)
    rows: list[tuple[Value, ...]] = []
    for at in np.argsort(found.mean_rank, kind="stable"):
        numbers = (found.rank_of_mean_rank, found.mean_rank, found.rank_of_means, means)
        stability = (stable.low, stable.high, stable.first)
        rows.append(
            (
                board.dataset,
                board.within,
                board.metric,
                board.algorithms[at],
                len(board.volumes),
                *(float(values[at]) for values in (*numbers, *stability)),
                stable.kendall_tau,
            )
        )
    return rows


def _over_all(found: Sequence[Leaderboard]) -> Iterator[tuple[Value, ...]]:
    """Yield the consensus over datasets that rank the same algorithms."""
    together: dict[tuple[str, str, frozenset[str]], list[Leaderboard]] = {}
    for board in found:
        together.setdefault((board.within, board.metric, frozenset(board.algorithms)), []).append(board)
    for (within, metric, names), members in together.items():
        if len(members) < 2:
            continue
        order = sorted(names)
        each = [_mean_ranks(board, order) for board in members]
        mean_rank = np.mean(each, axis=0)
        place = volume_ranks(np.round(mean_rank, 12), higher_is_better=False)
        volumes = sum(len(board.volumes) for board in members)
        for at in np.argsort(mean_rank, kind="stable"):
            numbers = (float(place[at]), float(mean_rank[at]))
            yield (OVER_ALL, within, metric, order[at], volumes, *numbers, *(None,) * 6)


def _mean_ranks(board: Leaderboard, order: Sequence[str]) -> list[float]:
    mean_rank = rank(board.scores, higher_is_better=board.higher_is_better).mean_rank
    return [float(mean_rank[board.algorithms.index(name)]) for name in order]
