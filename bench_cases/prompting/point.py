"""One point in the largest component, or one in each of the three largest (Dong et al. 2024, modes 1 and 2).

The original draws among the deepest pixels at random; here the lowest row, then column, is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import PromptKind
from bench_cases.prompt import POSITIVE, Prompt
from bench_cases.prompting._components import MOST, deepest_point, largest_components


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepestPoint:
    """A positive point at the deepest pixel of each of the `most` largest 8-connected components.

    Labels are not told apart: components are those of their union.
    """

    name: str
    most: int
    gives: ClassVar[frozenset[PromptKind]] = frozenset({"points"})

    def __call__(self, labels_yx: NDArray[np.uint8], *, seed: int = 0) -> Prompt:  # noqa: ARG002 - nothing is random
        """Draw the prompt for one slice; `seed` is not used.

        Raises
        ------
        StrategyError
            When the slice carries no label.
        """
        points = tuple(deepest_point(part) for part in largest_components(labels_yx > 0, self.most))
        height, width = labels_yx.shape
        return Prompt(size_yx=(height, width), points_xy=points, labels=(POSITIVE,) * len(points))


RULES = (DeepestPoint(name="point", most=1), DeepestPoint(name="points", most=MOST))
