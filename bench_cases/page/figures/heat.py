"""A heat map whose cells carry their numbers, so that it is readable without its colours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_heat(
    axes: Axes,
    values: NDArray[np.float64],
    texts: Sequence[Sequence[str]],
    *,
    across: Sequence[str],
    down: Sequence[str],
    limits: tuple[float, float],
    colours: str = "cividis",
) -> None:
    """Draw values ``(rows, columns)``, NaN as nothing, each with its text."""
    import matplotlib as mpl

    rows, columns = values.shape
    # Cells are polygons, not an image: sharp at any size, and a page without images holds no pixel at all.
    mesh = axes.pcolormesh(
        np.ma.masked_invalid(values), cmap=colours, vmin=limits[0], vmax=limits[1], edgecolors="none"
    )
    shades = mpl.colormaps[colours]
    for row in range(rows):
        for column in range(columns):
            if texts[row][column]:
                red, green, blue, _ = shades(mesh.norm(values[row, column]))
                dark = 0.299 * red + 0.587 * green + 0.114 * blue < 0.55
                ink = "#ffffff" if dark else "#000000"
                axes.text(
                    column + 0.5, row + 0.5, texts[row][column], ha="center", va="center", fontsize=7.9, color=ink
                )
    axes.set_ylim(rows, 0)
    axes.set_yticks(np.arange(rows) + 0.5, down, fontsize=7.9)
    slanted = columns > 6 or max(map(len, across)) * columns > 60
    axes.set_xticks(
        np.arange(columns) + 0.5,
        across,
        fontsize=7.9,
        rotation=35 if slanted else 0,
        ha="left" if slanted else "center",
    )
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
