"""Tight boxes (Dong et al. 2024): on the largest component, on each of the three largest, or around all of them.

``boxes`` is one prediction a box, the masks joined by union (mode 4); ``box-all`` is the rule of the study's
predecessor for SAM 1 (Mazurowski et al. 2023). Maxima are inclusive pixel indices.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import PromptKind
from bench_cases.prompt import Prompt
from bench_cases.prompting._components import MOST, largest_components, must_show_target
from bench_cases.prompting.composite import tight_box


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxOnComponents:
    """A tight box on each of the `most` largest 8-connected components of the labels' union."""

    name: str
    most: int

    @property
    def gives(self) -> frozenset[PromptKind]:
        """One box, or several that are predicted apart."""
        return frozenset({"box"} if self.most == 1 else {"boxes"})

    def __call__(self, labels_yx: NDArray[np.uint8], *, seed: int = 0) -> Prompt:  # noqa: ARG002 - nothing is random
        """Draw the prompt for one slice; `seed` is not used.

        Raises
        ------
        StrategyError
            When the slice carries no label.
        """
        first, *others = (_boxed(part) for part in largest_components(labels_yx > 0, self.most))
        return replace(first, apart=tuple(others))


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxAroundAll:
    """One tight box around everything."""

    name: str = "box-all"
    gives: ClassVar[frozenset[PromptKind]] = frozenset({"box"})

    def __call__(self, labels_yx: NDArray[np.uint8], *, seed: int = 0) -> Prompt:  # noqa: ARG002 - nothing is random
        """Draw the prompt for one slice; `seed` is not used.

        Raises
        ------
        StrategyError
            When the slice carries no label.
        """
        must_show_target(labels_yx > 0)
        return _boxed(labels_yx > 0)


def _boxed(mask_yx: NDArray[np.bool_]) -> Prompt:
    height, width = mask_yx.shape
    return Prompt(size_yx=(height, width), box_xyxy=tight_box(mask_yx))


RULES = (BoxOnComponents(name="box", most=1), BoxOnComponents(name="boxes", most=MOST), BoxAroundAll())
