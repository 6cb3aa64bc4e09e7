"""What a prompt rule must offer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from bench_cases.prompt import Prompt

PromptKind = Literal["points", "box", "boxes", "mask", "clicks"]
"""What a prompt holds; ``boxes`` are several, each predicted apart, and ``clicks`` follow after a look at the mask."""


class PromptRule(Protocol):
    """How a prompt is drawn from a reference. A file in `bench_cases.prompting` with a constant ``RULES`` adds some."""

    @property
    def name(self) -> str:
        """Name in the strategy grammar, for instance ``composite``."""
        ...

    @property
    def gives(self) -> Collection[PromptKind]:
        """What its prompts are made of, so that a mode that cannot take them is told before anything runs."""
        ...

    def __call__(self, labels_yx: NDArray[np.uint8], *, seed: int) -> Prompt:
        """Draw the prompt for one slice.

        Parameters
        ----------
        labels_yx
            Label map of the slice, 0 background, 1..K the target's labels; at least one pixel is non-zero.
        seed
            Seed of any random choice, derived from the case's identity.
        """
        ...


class PromptFamily(Protocol):
    """Rules whose names carry a number. A file in `bench_cases.prompting` with a constant ``FAMILIES`` adds some."""

    @property
    def name(self) -> str:
        """How its names look, for instance ``centroid+N``."""
        ...

    @property
    def examples(self) -> Collection[str]:
        """Names that a wildcard stands for: the members a study used."""
        ...

    def parse(self, name: str, rules: Mapping[str, PromptRule]) -> PromptRule | None:
        """Return the rule of a name, or None when the name is not of this family.

        Parameters
        ----------
        rules
            All rules, those of families included, for names made from another rule's name.

        Raises
        ------
        StrategyError
            When the name is of this family and means nothing.
        """
        ...
