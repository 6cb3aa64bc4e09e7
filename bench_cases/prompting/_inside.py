"""The inside rule: a point that lies well inside a label, whatever its shape (Gutiérrez et al. 2025).

Read from the definition, with the crash of the original at the image border mended: runs end at the border.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench_cases.errors import StrategyError


def inside_point(label_yx: NDArray[np.bool_]) -> tuple[int, int]:
    """Return a pixel ``(x, y)`` of the label, near its centre of mass and in the middle of its local run.

    1. Start at the centre of mass, rounded to the nearest pixel.
    2. If that pixel is outside the label, look from it up, down, left and right; take the direction that crosses the
       most label pixels (ties: in that order) and go to the middle one of them. If none crosses any, take the label
       pixel nearest to the centre of mass (ties: lowest row, then lowest column).
    3. Measure the contiguous run of label pixels through the point along its row and along its column, and go to the
       midpoint of the longer one (ties: the row).

    Parameters
    ----------
    label_yx
        Boolean mask of one label, shape ``(Y, X)``, with at least one pixel.

    Raises
    ------
    StrategyError
        When the label has no pixel on this slice.
    """
    rows, columns = np.nonzero(label_yx)
    if not len(rows):
        msg = "a point was asked for inside a label that has no pixel on this slice; expected at least one."
        raise StrategyError(msg)
    y, x = round(float(rows.mean())), round(float(columns.mean()))
    if not label_yx[y, x]:
        y, x = _step_inside(label_yx, y, x)
    across = _run(label_yx[y], x)
    down = _run(label_yx[:, x], y)
    if across[1] - across[0] >= down[1] - down[0]:
        return sum(across) // 2, y
    return x, sum(down) // 2


def _step_inside(label_yx: NDArray[np.bool_], y: int, x: int) -> tuple[int, int]:
    """Step 2: from an outside pixel to the middle of the label pixels in the best of four directions."""
    up = [(int(row), x) for row in np.flatnonzero(label_yx[:y, x])]
    down = [(int(row) + y + 1, x) for row in np.flatnonzero(label_yx[y + 1 :, x])]
    left = [(y, int(column)) for column in np.flatnonzero(label_yx[y, :x])]
    right = [(y, int(column) + x + 1) for column in np.flatnonzero(label_yx[y, x + 1 :])]
    crossed = max((up, down, left, right), key=len)  # max keeps the first on ties
    if crossed:
        return crossed[len(crossed) // 2]
    rows, columns = np.nonzero(label_yx)
    nearest = int(np.argmin((rows - y) ** 2 + (columns - x) ** 2))  # nonzero is ordered by row, then column
    return int(rows[nearest]), int(columns[nearest])


def _run(line: NDArray[np.bool_], at: int) -> tuple[int, int]:
    """First and last index of the contiguous run of True through `at`; a run may end at the border."""
    before = np.flatnonzero(~line[:at])
    after = np.flatnonzero(~line[at:])
    first = int(before[-1]) + 1 if len(before) else 0
    last = at + int(after[0]) - 1 if len(after) else len(line) - 1
    return first, last
