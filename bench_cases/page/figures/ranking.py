"""Rankings and how stable they are over volumes drawn anew (Wiesenfarth et al. 2021)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bench_cases.analysis.leaderboards import Leaderboard
from bench_cases.analysis.statistics.rank_stability import rank_stability
from bench_cases.analysis.statistics.ranks import rank
from bench_cases.page.figures.figure import Figure, file_name
from bench_cases.page.figures.rows import MOST, Row, height_in, lay_rows
from bench_cases.page.figures.style import SERIES
from bench_cases.page.study import Study, bound, marked

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


class _Ranked(NamedTuple):
    row: Row
    mean: float
    low: float
    high: float


def ranking(study: Study) -> Iterator[Figure]:
    """One figure for each board of Dice with at least three algorithms and two volumes."""
    for board in study.boards("dice"):
        ranked = _ranked(board)
        yield Figure(
            name=file_name("ranking", board.dataset, board.within),
            kind="ranking",
            title=f"Ranks by Dice, {board_name(study, board)}",
            caption=f"Dot: mean rank over {len(board.volumes)} volumes, 1 the best. Bar: 95 % of the ranks when "
            f"volumes are "
            "drawn anew (1,000 times). Right: share of draws in which it is first."
            + (f" {board.failed} failed cases count as 0." if board.failed else ""),
            draw=_drawing(ranked, len(board.algorithms)),
            height_in=height_in([it.row for it in ranked]),
        )


def board_name(study: Study, board: Leaderboard) -> str:
    """Return dataset, and what the algorithms have in common."""
    return f"{study.named(board.dataset)}{', ' if board.within else ''}{marked(board.within)}"


def _ranked(board: Leaderboard) -> list[_Ranked]:
    mean_rank = rank(board.scores, higher_is_better=board.higher_is_better).mean_rank
    stable = rank_stability(board.scores, higher_is_better=board.higher_is_better)
    found = []
    for at in np.argsort(mean_rank, kind="stable")[:MOST]:
        label = f"{bound(board.algorithms[at])}{board.algorithms[at]}"
        row = Row(label, f"{mean_rank[at]:.2f}, first in {stable.first[at]:.0%}")
        found.append(_Ranked(row, float(mean_rank[at]), float(stable.low[at]), float(stable.high[at])))
    return found


def _drawing(ranked: Sequence[_Ranked], competitors: int) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        axes: Axes = canvas.subplots()
        for number, it in enumerate(ranked):
            axes.plot([it.low, it.high], [number, number], color=SERIES[0], linewidth=5, alpha=0.3)
            axes.plot(it.mean, number, "o", markersize=6, color=SERIES[0])
        lay_rows(axes, [it.row for it in ranked])
        axes.set_xlim(0.8, competitors + 0.2)
        axes.set_xlabel("rank")

    return draw
