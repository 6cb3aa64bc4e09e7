"""All differences in order, those beyond the whiskers named: where to look first (Gutiérrez et al. 2025)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from bench_cases.analysis.clusters import slice_differences
from bench_cases.analysis.statistics.spread import spread
from bench_cases.page.figures.figure import Figure, file_name
from bench_cases.page.figures.style import BAD, FAINT, GOOD, INK, SERIES, short
from bench_cases.page.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

NAMED: Final = 6
"""Outliers that are named on either side."""

_LINE_IN: Final = 0.16

MOST: Final = 6
"""Figures: the groups with most outliers; the table has all."""


class _Outlier(NamedTuple):
    difference: float
    name: str


def outliers(study: Study) -> Iterator[Figure]:
    """One figure for each dataset, strategy and pair with most outliers of Dice."""
    if study.comparison is None:
        return
    found: list[tuple[int, Figure]] = []
    for group in study.comparison.groups:
        by_volume = slice_differences(group) if group.metric == "dice" else None
        pairs = [
            _Outlier(value, f"{volume} slice {z}")
            for volume, slices in (by_volume or {}).items()
            for z, value in slices.items()
        ]
        pairs.sort(key=lambda pair: pair.difference)
        box = spread([pair.difference for pair in pairs])
        if box is None or not box.outliers:
            continue
        figure = Figure(
            name=file_name("outliers", group.dataset, group.strategy, group.a.label, group.b.label),
            kind="outliers",
            title=f"Sorted differences of Dice, {study.named(group.dataset)}\n{short(group.strategy)}: "
            f"{short(group.a.label, 24)} - {short(group.b.label, 24)}",
            caption=f"Every slice with the target, from lowest to highest A - B. Coloured: {len(box.outliers)} of "
            f"{len(pairs)} beyond 1.5 IQR of the quartiles, green where B does better than on the rest, red where A "
            f"does; beneath, the {NAMED} farthest on either side.",
            draw=_drawing(pairs, set(box.outliers)),
            height_in=2.9 + _LINE_IN * _lines(*_sides(pairs, set(box.outliers))),
        )
        found.append((len(box.outliers), figure))
    found.sort(key=lambda it: -it[0])
    yield from (figure for _, figure in found[:MOST])


def _sides(pairs: Sequence[_Outlier], beyond: set[int]) -> tuple[list[int], list[int]]:
    """Return where the outliers stand, those at the low end and those at the high one, the farthest first."""
    low = sorted(at for at in beyond if at < len(pairs) / 2)
    return low, sorted((at for at in beyond if at >= len(pairs) / 2), reverse=True)


def _lines(low: Sequence[int], high: Sequence[int]) -> int:
    return 1 + min(NAMED, max(len(low), len(high)))


def _drawing(pairs: Sequence[_Outlier], beyond: set[int]) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        axes: Axes
        key: Axes
        low, high = _sides(pairs, beyond)
        axes, key = canvas.subplots(2, 1, height_ratios=(2.3, _LINE_IN * _lines(low, high)))
        places = range(len(pairs))
        axes.axhline(0, color=FAINT, linewidth=0.8)
        inside = [at for at in places if at not in beyond]
        axes.vlines(inside, 0, [pairs[at].difference for at in inside], color=SERIES[6], linewidth=_width(len(pairs)))
        for side, colour in ((low, GOOD), (high, BAD)):
            axes.vlines(side, 0, [pairs[at].difference for at in side], color=colour, linewidth=_width(len(pairs)))
        axes.set_xticks([])
        axes.set_xlabel(f"{len(pairs)} slices, lowest A - B first")
        axes.set_ylabel("← B better\u2003A better →")
        axes.margins(x=0.02)
        axes.grid(visible=True, axis="y")
        key.set_axis_off()
        key.set_xlim(0, 1)
        key.set_ylim(_lines(low, high), 0)
        _names(key, "low end", GOOD, [pairs[at] for at in low], x=0.0)
        _names(key, "high end", BAD, [pairs[at] for at in high], x=0.52)

    return draw


def _width(n: int) -> float:
    return min(5.0, max(0.5, 260 / max(n, 1)))


def _names(axes: Axes, end: str, colour: str, found: Sequence[_Outlier], *, x: float) -> None:
    """List the farthest of one end beneath the bars, where no bar can lie under a name."""
    if not found:
        return
    axes.text(
        x,
        0.5,
        f"{end}, {len(found)} slice{'' if len(found) == 1 else 's'}",
        va="center",
        fontsize=7.6,
        fontweight="bold",
        color=colour,
    )
    for number, it in enumerate(found[:NAMED], start=1):
        text = f"{it.difference:+.3f}  {short(it.name, 22)}"
        axes.text(x, number + 0.5, text, va="center", fontsize=7.6, color=INK)
