"""A point near the centroid, alone, with N random positives, or with two negatives (Sengupta et al. 2024).

The number of further positives is not published; 1, 2, 3, 5 and 10 are the sweep of this harness, any other number is
a name away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import PromptKind, PromptRule
from bench_cases.prompt import NEGATIVE, POSITIVE, Prompt
from bench_cases.prompting._components import must_show_target
from bench_cases.prompting._inside import inside_point
from bench_cases.prompting.composite import tight_box

MARGIN = 0.1
"""By how much of its side, and at least one pixel, the box grows on each edge to hold the negatives. Not published."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Centroid:
    """A positive near the centroid of the labels' union, by the inside rule of Gutiérrez et al. 2025.

    Parameters
    ----------
    positives
        Further positives, drawn without repetition from the structure's other pixels; all of them where there are
        fewer.
    negatives
        Points outside the structure and inside its dilated box, each with the nearest point before it as far away as
        possible (ties: the greatest sum of distances, then lowest row, then column). Where the structure fills that
        box, the whole frame is searched; where it fills the frame, there is no outside and no negative.
    """

    name: str
    positives: int = 0
    negatives: int = 0
    gives: ClassVar[frozenset[PromptKind]] = frozenset({"points"})

    def __call__(self, labels_yx: NDArray[np.uint8], *, seed: int = 0) -> Prompt:
        """Draw the prompt for one slice; only the further positives depend on `seed`.

        Raises
        ------
        StrategyError
            When the slice carries no label.
        """
        mask = labels_yx > 0
        must_show_target(mask)
        centre = inside_point(mask)
        inside = np.argwhere(mask)[:, ::-1]
        others = inside[(inside != centre).any(axis=1)]
        drawn = np.random.default_rng(seed).choice(len(others), min(self.positives, len(others)), replace=False)
        positives = [centre, *((int(x), int(y)) for x, y in others[drawn])]
        negatives = far_outside(mask, centre, self.negatives)
        height, width = mask.shape
        return Prompt(
            size_yx=(height, width),
            points_xy=tuple((float(x), float(y)) for x, y in (*positives, *negatives)),
            labels=(POSITIVE,) * len(positives) + (NEGATIVE,) * len(negatives),
        )


def far_outside(mask_yx: NDArray[np.bool_], start: tuple[int, int], count: int) -> list[tuple[int, int]]:
    """Return up to `count` pixels ``(x, y)`` outside a mask, each farthest from `start` and the ones before it."""
    x0, y0, x1, y1 = (int(edge) for edge in tight_box(mask_yx))
    grow_x, grow_y = (max(1, round(MARGIN * side)) for side in (x1 - x0 + 1, y1 - y0 + 1))
    near = np.zeros_like(mask_yx)
    near[max(y0 - grow_y, 0) : y1 + grow_y + 1, max(x0 - grow_x, 0) : x1 + grow_x + 1] = True
    outside = np.argwhere(near & ~mask_yx)
    if len(outside) < count:
        outside = np.argwhere(~mask_yx)
    chosen: list[tuple[int, int]] = []
    nearest = np.full(len(outside), np.inf)
    total = np.zeros(len(outside))
    for _ in range(min(count, len(outside))):
        x, y = chosen[-1] if chosen else start
        away = np.hypot(outside[:, 0] - y, outside[:, 1] - x)
        nearest, total = np.minimum(nearest, away), total + away
        far = outside[int(np.argmax(np.where(nearest == nearest.max(), total, -1.0)))]
        chosen.append((int(far[1]), int(far[0])))
    return chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class CentroidPlus:
    """The names ``centroid+1``, ``centroid+2`` and so on."""

    name: str = "centroid+N"
    examples: tuple[str, ...] = tuple(f"centroid+{count}" for count in (1, 2, 3, 5, 10))

    def parse(self, name: str, rules: Mapping[str, PromptRule]) -> PromptRule | None:  # noqa: ARG002 - stands alone
        """Return the rule of a name, or None when the name is not of this family."""
        match = re.fullmatch(r"centroid\+([1-9][0-9]*)", name)
        return None if match is None else Centroid(name=name, positives=int(match[1]))


RULES = (Centroid(name="centroid"), Centroid(name="centroid+2neg", negatives=2))
FAMILIES = (CentroidPlus(),)
