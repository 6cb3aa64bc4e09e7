"""Rows: a horizontal figure whose labels stand above each row, so that they cost the data no width on a phone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bench_cases.page.figures.style import FAINT, INK, ROW_IN, RULE, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST: Final = 40
"""Rows of one figure; more are drawn in a figure of their own."""


class Row(NamedTuple):
    """Label on the left, a short fact on the right."""

    label: str
    fact: str = ""


def height_in(n: int, *, extra: float = 0.85) -> float:
    """Height of a figure of n rows."""
    return n * ROW_IN + extra


def lay_rows(axes: Axes, rows: Sequence[Row]) -> None:
    """Write the labels; row number i is at y = i, the first on top."""
    axes.set_ylim(len(rows) - 0.55, -0.8)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(visible=True, axis="x")
    for number, row in enumerate(rows):
        place: dict[str, Any] = {"transform": axes.get_yaxis_transform(), "va": "center", "clip_on": False}
        room = 62 - len(row.fact)
        axes.text(0, number - 0.46, short(row.label, max(room, 20)), ha="left", fontsize=8.4, color=INK, **place)
        axes.text(1, number - 0.46, row.fact, ha="right", fontsize=7.8, color=FAINT, **place)
        if number:
            axes.axhline(number - 0.72, color=RULE, linewidth=0.5)


def parts(n: int) -> list[slice]:
    """Return slices that cut n rows into figures of nearly equal length, none above `MOST`.

    >>> [part.stop - part.start for part in parts(90)]
    [30, 30, 30]
    """
    figures = max(1, -(-n // MOST))
    edges = [round(number * n / figures) for number in range(figures + 1)]
    return [slice(start, end) for start, end in pairwise(edges)]
