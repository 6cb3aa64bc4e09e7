"""A grey-value threshold and connected components, by a prompt on one frame and from frame to frame."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench_cases.prompt import POSITIVE, Prompt

REACH_PX: Final = 6
"""How far a structure may grow from one slice to the next."""

Mask = NDArray[np.bool_]


class Rule(NamedTuple):
    """What counts as the structure: grey values up to `threshold` when `dark`, above it when not."""

    threshold: int
    dark: bool

    def side(self, grey_yx: NDArray[np.uint8]) -> Mask:
        """Return the pixels of the structure's side."""
        return grey_yx <= self.threshold if self.dark else grey_yx > self.threshold


def rule_of(grey_yx: NDArray[np.uint8], prompt: Prompt) -> Rule:
    """Return the threshold and side that a prompt asks for."""
    region = grey_yx[_region(prompt)]
    threshold = otsu(region)
    if prompt.mask_yx is None:
        inside = np.array([grey_yx[place] for place, label in _places(prompt) if label == POSITIVE])
    else:
        inside = grey_yx[prompt.mask_yx]
    if inside.size:
        return Rule(threshold, bool(inside.mean() <= threshold))
    edge = np.concatenate([region[0], region[-1], region[:, 0], region[:, -1]])
    return Rule(threshold, bool((edge <= threshold).mean() < 0.5))


def otsu(grey: NDArray[np.uint8]) -> int:
    """Return the grey value, itself on the dark side, that splits a histogram with the greatest variance between sides.

    Otsu, A threshold selection method from gray-level histograms, 1979, equation 18.

    Examples
    --------
    >>> otsu(np.array([10, 10, 12, 200, 202, 202], np.uint8))
    12
    """
    counts = np.bincount(grey.ravel(), minlength=256).astype(float)
    below = np.cumsum(counts)
    sums = np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (sums * below[-1] - sums[-1] * below) ** 2 / (below * above)
    return int(np.argmax(np.nan_to_num(between, nan=0.0, posinf=0.0)))


def wanted(grey_yx: NDArray[np.uint8], prompt: Prompt, rule: Rule) -> Mask:
    """Return the components of the structure's side that a prompt of points and a box asks for.

    A point says of its whole component what it is. Where both kinds of point name one, the positive is believed: the
    negative point of ``composite``, at the centre of the box, lies within a structure of one part.
    """
    from scipy import ndimage

    region = _region(prompt)
    components, count = ndimage.label(rule.side(grey_yx[region]))
    keep = np.zeros(count + 1, bool)
    places = [((y - region[0].start, x - region[1].start), label) for (y, x), label in _places(prompt)]
    hits = [(components[place], label) for place, label in places if _within(place, components.shape)]
    keep[1:] = all(label != POSITIVE for _, label in places)
    for component, label in sorted(hits, key=lambda hit: hit[1]):  # a positive point has the last word
        keep[component] = label == POSITIVE
    keep[0] = False
    mask = np.zeros(grey_yx.shape, bool)
    mask[region] = keep[components]
    return mask


def carried(grey_yx: NDArray[np.uint8], last_yx: Mask, rule: Rule) -> Mask:
    """Return what hangs together with the last mask on the next frame, at most `REACH_PX` beyond it."""
    from scipy import ndimage

    if not last_yx.any():
        return last_yx
    near = ndimage.binary_dilation(last_yx, iterations=REACH_PX)
    components, count = ndimage.label(rule.side(grey_yx) & near)
    keep = np.zeros(count + 1, bool)
    keep[np.unique(components[last_yx])] = True
    keep[0] = False
    kept: Mask = keep[components]
    return filled(kept)[0]


def resized(mask_yx: Mask, size_yx: tuple[int, int]) -> Mask:
    """Return a mask at another size, by the nearest pixel."""
    if mask_yx.shape == size_yx:
        return mask_yx
    rows, columns = (np.arange(new) * old // new for old, new in zip(mask_yx.shape, size_yx, strict=True))
    return mask_yx[np.ix_(rows, columns)]


def filled(mask_yx: Mask) -> tuple[Mask, Mask]:
    """Return a mask with its holes filled (vessels in a lung), and as it is."""
    from scipy import ndimage

    return ndimage.binary_fill_holes(mask_yx), mask_yx


def _region(prompt: Prompt) -> tuple[slice, slice]:
    """Return rows and columns of the box, or of a mask and its surroundings, or of the frame; maxima are inclusive."""
    if prompt.mask_yx is not None and prompt.mask_yx.any():
        rows, columns = (np.flatnonzero(prompt.mask_yx.any(axis=axis)) for axis in (1, 0))
        return (
            slice(max(int(rows[0]) - REACH_PX, 0), int(rows[-1]) + 1 + REACH_PX),
            slice(max(int(columns[0]) - REACH_PX, 0), int(columns[-1]) + 1 + REACH_PX),
        )
    if prompt.box_xyxy is None:
        return slice(0, prompt.size_yx[0]), slice(0, prompt.size_yx[1])
    x0, y0, x1, y1 = (round(edge) for edge in prompt.box_xyxy)
    return slice(y0, y1 + 1), slice(x0, x1 + 1)


def _places(prompt: Prompt) -> list[tuple[tuple[int, int], int]]:
    """Return row and column of each point, and its label."""
    return [((round(y), round(x)), label) for (x, y), label in zip(prompt.points_xy, prompt.labels, strict=True)]


def _within(place: tuple[int, int], shape: tuple[int, ...]) -> bool:
    return all(0 <= index < side for index, side in zip(place, shape, strict=True))
