"""One horizontal box: quartiles, notch, dashed mean, whiskers, and what lies beyond."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from bench_cases.page.figures.style import INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_BEYOND: Final = 60
"""Values beyond the whiskers that are drawn of one box, the farthest: a page of many boxes must still open."""


def draw_box(axes: Axes, values: Sequence[float], *, at: float, colour: str, width: float = 0.36) -> None:
    """Draw the box of some values at a height.

    The notch is the median ± 1.57 IQR / √n (McGill, Tukey & Larsen 1978); where it would reach beyond the quartiles,
    as of few values, the box is drawn without one instead of folded over.
    """
    from matplotlib.cbook import boxplot_stats

    (numbers,) = boxplot_stats(np.asarray(values, float), whis=1.5)
    beyond = numbers["fliers"]
    if len(beyond) > MOST_BEYOND:
        numbers["fliers"] = beyond[np.argsort(-np.abs(beyond - numbers["med"]), kind="stable")[:MOST_BEYOND]]
    line = {"color": colour, "linewidth": 1.0}
    axes.bxp(
        [numbers],
        positions=[at],
        widths=width,
        orientation="horizontal",
        shownotches=bool(numbers["q1"] <= numbers["cilo"] and numbers["cihi"] <= numbers["q3"]),
        showmeans=True,
        meanline=True,
        patch_artist=True,
        manage_ticks=False,
        boxprops={"facecolor": colour, "alpha": 0.28, "edgecolor": colour, "linewidth": 1.0},
        medianprops={"color": colour, "linewidth": 2.0},
        meanprops={"color": INK, "linestyle": (0, (2, 1.2)), "linewidth": 1.1},
        whiskerprops=line,
        capprops=line,
        flierprops={"marker": ".", "markersize": 3.2, "markerfacecolor": colour, "markeredgewidth": 0, "alpha": 0.6},
    )
