"""From a mask to its outline: an SVG path in half pixels, short enough for hundreds on a page."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def outline(mask_yx: NDArray[np.bool_]) -> str:
    """Return the path data of all contours of a mask, outer and inner, in units of half a pixel of the frame.

    The contour runs half-way between pixels inside and outside, and collinear steps are one.

    Examples
    --------
    A single pixel at (x, y) = (1, 2) is a diamond about its centre, (3, 5) in half pixels.

    >>> mask = np.zeros((4, 4), bool)
    >>> mask[2, 1] = True
    >>> outline(mask)
    'M3 4l-1 1l1 1l1 -1z'
    """
    if not mask_yx.any():
        return ""
    from contourpy import contour_generator

    # A border of nothing closes the contours of what touches the frame's edge.
    lines = contour_generator(z=np.pad(mask_yx, 1).astype(float)).lines(0.5)
    # Padding moved everything by one pixel; the centre of pixel 0 lies at 0.5, which is 1 in half pixels.
    return "".join(_path(np.rint(np.asarray(line) * 2 - 1).astype(int)) for line in lines)


def _path(points: NDArray[np.int_]) -> str:
    steps = np.diff(points, axis=0)
    kept = np.any(steps, axis=1)
    steps = steps[kept]
    if not len(steps):
        return ""
    turns = np.flatnonzero(np.any(steps[1:] != steps[:-1], axis=1)) + 1
    legs = np.add.reduceat(steps, np.concatenate(([0], turns)), axis=0)
    # The last leg is the closing one.
    drawn = "".join(f"l{x} {y}" for x, y in legs[:-1])
    return f"M{points[0][0]} {points[0][1]}{drawn}z"
