"""Rows: a horizontal figure whose labels stand above each row, so that they cost the data no width on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bench_cases.page.figures.style import FAINT, INK, PAPER, ROW_IN, RULE, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST: Final = 40
"""Rows of one figure; more are drawn in a figure of their own."""


_ACROSS: Final = 62
"""Letters that a line has room for."""


class Row(NamedTuple):
    """Label on the left, a short fact on the right."""

    label: str
    fact: str = ""


def height_in(rows: Sequence[Row], *, extra: float = 0.85) -> float:
    """Height of a figure of rows."""
    return len(rows) * ROW_IN * _line(rows).step + extra


def lay_rows(axes: Axes, rows: Sequence[Row]) -> None:
    """Write the labels; row number i is at y = i, the first on top. Call it last: nothing lies over a label."""
    line = _line(rows)
    axes.set_ylim(len(rows) - 0.55 / line.step, -0.34 / line.step - line.label)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="x")
    # On a ground of its own, so that no line of the axes goes through the letters.
    ground = {"facecolor": PAPER, "edgecolor": "none", "pad": 0.6}
    for number, row in enumerate(rows):
        place: dict[str, Any] = {
            "transform": axes.get_yaxis_transform(),
            "va": "center",
            "clip_on": False,
            "zorder": 4,
            "bbox": ground,
        }
        label = short(row.label, _ACROSS - (0 if line.apart else len(row.fact)))
        axes.text(0, number - line.label, label, ha="left", fontsize=8.4, color=INK, **place)
        axes.text(1, number - line.fact, row.fact, ha="right", fontsize=7.8, color=FAINT, **place)
        if number:
            axes.axhline(number - line.label - 0.26 / line.step, color=RULE, linewidth=0.5)


class _Line(NamedTuple):
    """How far rows are apart, in rows of one line, and how high label and fact stand above one, in rows."""

    apart: bool
    step: float
    label: float
    fact: float


def _line(rows: Sequence[Row]) -> _Line:
    """Put label and fact on two lines where one is too short for them."""
    if any(len(row.label) + len(row.fact) > _ACROSS - 2 and row.fact for row in rows):
        return _Line(apart=True, step=1.36, label=0.6, fact=0.34)
    return _Line(apart=False, step=1.0, label=0.46, fact=0.46)


def parts(n: int) -> list[slice]:
    """Return slices that cut n rows into figures of nearly equal length, none above `MOST`.

    >>> [part.stop - part.start for part in parts(90)]
    [30, 30, 30]
    """
    figures = max(1, -(-n // MOST))
    edges = [round(number * n / figures) for number in range(figures + 1)]
    return [slice(start, end) for start, end in pairwise(edges)]
