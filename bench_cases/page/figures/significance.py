"""Who is significantly better than whom, pair by pair (Wiesenfarth et al. 2021)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

import numpy as np

from bench_cases.analysis.leaderboards import Leaderboard
from bench_cases.analysis.statistics.ranks import rank
from bench_cases.analysis.statistics.significance_map import significance_map
from bench_cases.cases import is_upper_bound
from bench_cases.page.figures.figure import Figure, file_name
from bench_cases.page.figures.heat import draw_heat
from bench_cases.page.figures.ranking import board_name
from bench_cases.page.figures.style import short
from bench_cases.page.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

MOST: Final = 16
"""Algorithms of one map; more are in the table only."""


def significance(study: Study) -> Iterator[Figure]:
    """One map for each board of Dice."""
    for board in study.boards("dice"):
        if len(board.algorithms) <= MOST:
            yield Figure(
                name=file_name("significance", board.dataset, board.within),
                kind="significance",
                title=f"Is the row better than the column? {board_name(study, board)}",
                caption=f"p of one-sided Wilcoxon tests over {len(board.volumes)} volumes, adjusted by Holm "
                f"over all pairs; "
                "light: below 0.05. Best mean rank first; columns in the order of the rows. †: upper bound.",
                draw=_drawing(board),
                height_in=0.9 + 0.27 * len(board.algorithms),
            )


def _drawing(board: Leaderboard) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        order = np.argsort(rank(board.scores, higher_is_better=board.higher_is_better).mean_rank, kind="stable")
        p = significance_map(board.scores, higher_is_better=board.higher_is_better)[np.ix_(order, order)]
        texts = [
            ["" if np.isnan(value) else "<.001" if value < 0.001 else f"{value:.2f}" for value in row] for row in p
        ]
        numbers = [str(number) for number in range(1, len(order) + 1)]
        names = [
            f"{number}  {short(board.algorithms[at], 26)}{' †' if is_upper_bound(board.algorithms[at]) else ''}"
            for number, at in zip(numbers, order, strict=True)
        ]
        draw_heat(canvas.subplots(), p, texts, across=numbers, down=names, limits=(0.0, 0.1), colours="cividis_r")

    return draw
