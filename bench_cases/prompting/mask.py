"""The reference mask itself as prompt (Dong et al. 2024, mode 5): an upper bound for what one prompted slice can give.

Its own slice says nothing about the model, which hands the mask back, so it is left out of the scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import PromptKind
from bench_cases.prompt import Prompt
from bench_cases.prompting._components import must_show_target


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceMask:
    """The union of the labels. Video mode only: image mode has no prompt of that kind."""

    name: str = "mask"
    gives: ClassVar[frozenset[PromptKind]] = frozenset({"mask"})

    def __call__(self, labels_yx: NDArray[np.uint8], *, seed: int = 0) -> Prompt:  # noqa: ARG002 - nothing is random
        """Draw the prompt for one slice; `seed` is not used.

        Raises
        ------
        StrategyError
            When the slice carries no label.
        """
        must_show_target(labels_yx > 0)
        height, width = labels_yx.shape
        return Prompt(size_yx=(height, width), mask_yx=labels_yx > 0)


RULES = (ReferenceMask(),)
