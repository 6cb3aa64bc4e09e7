"""Score against a cost, every point numbered, its Pareto front drawn and its key beneath."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from bench_cases.page.figures.log_axis import log_axis
from bench_cases.page.figures.pareto import front
from bench_cases.page.figures.style import FAINT, INK, PAPER, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

MOST_NAMED: Final = 24
_LINE_IN: Final = 0.165


class Point(NamedTuple):
    """One model and strategy; an upper bound is on no front, since nobody can choose so."""

    label: str
    model: str
    cost: float
    score: float
    upper_bound: bool


def trade_height_in(points: Sequence[Point]) -> float:
    """Height of the figure with its key."""
    return 3.0 + _LINE_IN * min(len(points), MOST_NAMED) + 0.1


def trade(points: Sequence[Point], *, x: str, palette: Mapping[str, str]) -> Callable[[Canvas], None]:
    """Return what draws the points; of more than `MOST_NAMED` the front and the best are named."""
    fair = [point for point in points if not point.upper_bound]
    best = [fair[at] for at in front([it.cost for it in fair], [it.score for it in fair])]
    rest = sorted((point for point in points if point not in best), key=lambda point: -point.score)
    numbered = [*best, *rest][:MOST_NAMED]

    def draw(canvas: Canvas) -> None:
        axes: Axes
        key: Axes
        axes, key = canvas.subplots(2, 1, height_ratios=(2.7, _LINE_IN * len(numbered) + 0.05))
        log_axis(axes)
        axes.step(
            [it.cost for it in best], [it.score for it in best], where="post", color=FAINT, linewidth=1.0, zorder=1
        )
        for point in points:
            face = "none" if point.upper_bound else palette[point.model]
            axes.plot(
                point.cost, point.score, "o", markersize=8, markerfacecolor=face, markeredgecolor=palette[point.model]
            )
        _numbers(axes, numbered)
        axes.set_xlabel(x)
        axes.set_ylabel("mean Dice")
        axes.margins(0.08, 0.1)
        axes.grid(visible=True)
        _key(key, numbered, set(best), palette)

    return draw


def _numbers(axes: Axes, numbered: Sequence[Point]) -> None:
    """Write the numbers, those of points that nearly coincide side by side."""
    places = [(math.log(point.cost), point.score) for point in numbered]
    wide, high = (max(1e-9, max(ends) - min(ends)) for ends in zip(*places, strict=True))
    together: dict[tuple[float, float], list[int]] = {}
    for number, (x, y) in enumerate(places, start=1):
        near = [it for it in together if abs(it[0] - x) < 0.1 * wide and abs(it[1] - y) < 0.05 * high]
        together.setdefault(near[0] if near else (x, y), []).append(number)
    for (x, y), numbers in together.items():
        # Above its points, and to the left of the edge that it would run over.
        side = -1 if x > max(it[0] for it in places) - 0.1 * wide else 1
        axes.annotate(
            ", ".join(map(str, numbers)),
            (math.exp(x), y),
            xytext=(5.5 * side, 4),
            textcoords="offset points",
            ha="right" if side < 0 else "left",
            fontsize=7.9,
            color=INK,
        )


def _key(axes: Axes, numbered: Sequence[Point], best: set[Point], palette: Mapping[str, str]) -> None:
    axes.set_axis_off()
    axes.set_ylim(len(numbered), 0)
    axes.set_xlim(0, 1)
    for number, point in enumerate(numbered, start=1):
        face = PAPER if point.upper_bound else palette[point.model]
        axes.plot(0.01, number - 0.5, "o", markersize=4.5, color=face, markeredgecolor=palette[point.model])
        mark = ", front" if point in best else ""
        text = f"{number}  {short(point.label, 40 if mark else 46)}: {point.score:.3f}{mark}"
        axes.text(0.03, number - 0.5, text, va="center", fontsize=7.9, fontweight="bold" if point in best else "normal")
