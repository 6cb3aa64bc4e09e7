"""Critical-difference diagrams: whose mean ranks can be told apart (Demšar 2006)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from bench_cases.analysis.leaderboards import Leaderboard
from bench_cases.analysis.statistics.critical_difference import CriticalDifference, critical_difference
from bench_cases.cases import is_upper_bound
from bench_cases.page.figures.figure import Figure, file_name
from bench_cases.page.figures.ranking import board_name
from bench_cases.page.figures.style import BAD, FAINT, INK, SERIES, WIDTH_IN, short
from bench_cases.page.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

MOST: Final = 30
"""Algorithms of one diagram; more are in the table only."""

_LONGEST: Final = 22
_LETTER_IN: Final = 0.064
_LABELLED: Final = 10


def critical(study: Study) -> Iterator[Figure]:
    """One diagram for each board of Dice."""
    for board in study.boards("dice"):
        if len(board.algorithms) > MOST:
            continue
        found = critical_difference(board.scores, higher_is_better=board.higher_is_better)
        test = (
            "no test: all tie"
            if found.p is None
            else f"Friedman p {'< 0.0001' if found.p < 1e-4 else f'= {found.p:.4f}'}"
        )
        yield Figure(
            name=file_name("critical", board.dataset, board.within),
            kind="critical",
            title=f"Critical difference, {board_name(study, board)}",
            caption=f"Mean ranks by Dice over {len(board.volumes)} volumes, best on the left; {test}. Thick "
            f"bars join what "
            f"Nemenyi's test cannot tell apart at 5 % (critical difference {found.difference:.2f}). †: upper "
            f"bound, which no user can follow.",
            draw=_drawing(board, found),
            height_in=1.2 + 0.11 * len(board.algorithms) + 0.13 * len(found.cliques),
        )


def _drawing(board: Leaderboard, found: CriticalDifference) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        axes: Axes = canvas.subplots()
        k, bars = len(board.algorithms), 0.65 * len(found.cliques)
        half = -(-k // 2)
        order = np.argsort(found.mean_rank, kind="stable")
        axes.set_axis_off()
        beside = _beside(board.algorithms) * (k - 1)
        axes.set_xlim(1 - beside, k + beside)
        axes.set_ylim(bars + half + 0.7, -2.6)
        _scale(axes, k, found.difference)
        for number, clique in enumerate(found.cliques):
            ranks = [found.mean_rank[at] for at in clique]
            y = 0.65 * (number + 0.7)
            axes.plot(
                [min(ranks) - 0.02 * k, max(ranks) + 0.02 * k],
                [y, y],
                color=BAD,
                linewidth=3.2,
                alpha=0.75,
                solid_capstyle="round",
            )
        for place, at in enumerate(order):
            left = place < half
            depth = bars + 1.0 + (place if left else k - 1 - place)
            _name(
                axes, _marked(board.algorithms[at]), float(found.mean_rank[at]), depth, edge=1 if left else k, left=left
            )

    return draw


def _scale(axes: Axes, k: int, difference: float) -> None:
    axes.plot([1, k], [0, 0], color=INK, linewidth=1.0)
    for rank in range(1, k + 1):
        axes.plot([rank, rank], [0, -0.25], color=INK, linewidth=0.8)
        if (rank - 1) % -(-k // _LABELLED) == 0 or rank == k:
            axes.text(rank, -0.4, str(rank), ha="center", va="bottom", fontsize=7.9)
    end = min(1 + difference, k)
    axes.plot([1, end], [-1.75, -1.75], color=FAINT, linewidth=1.4, marker="|", markersize=6)
    more = " (beyond the scale)" if 1 + difference > k else ""
    axes.text((1 + end) / 2, -1.95, f"CD {difference:.2f}{more}", ha="center", va="bottom", fontsize=7.9, color=FAINT)


def _name(axes: Axes, name: str, rank: float, depth: float, *, edge: float, left: bool) -> None:
    axes.plot([rank, rank, edge], [0, depth, depth], color=SERIES[0], linewidth=0.8)
    name = short(name, _LONGEST)
    text = f"{name}  {rank:.2f}" if left else f"{rank:.2f}  {name}"
    side = -1 if left else 1
    axes.text(edge + 0.01 * side, depth, text, ha="right" if left else "left", va="center", fontsize=7.9)


def _beside(names: Sequence[str]) -> float:
    """Return the room that names and ranks need on either side, in lengths of the scale."""
    letters = min(_LONGEST, max(len(_marked(name)) for name in names)) + len("  1.50")
    share = letters * _LETTER_IN / WIDTH_IN
    return share / (1 - 2 * share)


def _marked(name: str) -> str:
    """Short for UPPER BOUND, which would not fit beside a rank."""
    return f"{name} †" if is_upper_bound(name) else name
