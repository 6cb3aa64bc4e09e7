"""Rankings and how stable they are over volumes drawn anew (Wiesenfarth et al. 2021)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

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


def ranking(study: Study) -> Iterator[Figure]:
    """One figure for each board of Dice with at least three algorithms and two volumes."""
    for board in study.boards("dice"):
        yield Figure(
            name=file_name("ranking", board.dataset, board.within),
            kind="ranking",
            title=f"Ranks by Dice, {board_name(study, board)}",
            caption=f"Dot: mean rank over {len(board.volumes)} volumes, 1 the best. Bar: 95 % of the ranks when "
            f"volumes are "
            "drawn anew (1,000 times). Right: share of draws in which it is first."
            + (f" {board.failed} failed cases count as 0." if board.failed else ""),
            draw=_drawing(board),
            height_in=height_in(min(len(board.algorithms), MOST)),
        )


def board_name(study: Study, board: Leaderboard) -> str:
    """Return dataset, and what the algorithms have in common."""
    return f"{study.named(board.dataset)}{', ' if board.within else ''}{marked(board.within)}"


def _drawing(board: Leaderboard) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        axes: Axes = canvas.subplots()
        mean_rank = rank(board.scores, higher_is_better=board.higher_is_better).mean_rank
        stable = rank_stability(board.scores, higher_is_better=board.higher_is_better)
        rows = []
        for number, at in enumerate(np.argsort(mean_rank, kind="stable")[:MOST]):
            axes.plot([stable.low[at], stable.high[at]], [number, number], color=SERIES[0], linewidth=5, alpha=0.3)
            axes.plot(mean_rank[at], number, "o", markersize=6, color=SERIES[0])
            rows.append(
                Row(
                    f"{bound(board.algorithms[at])}{board.algorithms[at]}",
                    f"{mean_rank[at]:.2f}, first in {stable.first[at]:.0%}",
                )
            )
        lay_rows(axes, rows)
        axes.set_xlim(0.8, len(board.algorithms) + 0.2)
        axes.set_xlabel("rank")

    return draw
