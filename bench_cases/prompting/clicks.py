"""Interactive refinement: any rule of points or one box, and up to N correcting clicks after it.

=============================  ======================================================================================
``every.point+clicks=3``       on every slice a point, then up to three clicks, each after a look at the mask so far
``middle.box+clicks=5.both``   a box on the middle slice, then up to five clicks in the volume, each followed by a new
                               propagation with all clicks so far
=============================  ======================================================================================

The rule draws the first prompt only. Where a click goes (`next_click`) depends on what the model made of the prompts
before, so that the engine asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import PromptKind, PromptRule
from bench_cases.errors import StrategyError
from bench_cases.prompt import Prompt

WORD = "clicks"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicked:
    """A rule whose prompts are corrected by up to `clicks` clicks.

    Parameters
    ----------
    base
        What draws the first prompt.
    """

    name: str
    base: PromptRule
    clicks: int

    @property
    def gives(self) -> frozenset[PromptKind]:
        """What the first prompt is made of, and clicks."""
        return frozenset({*self.base.gives, "clicks"})

    def __call__(self, labels_yx: NDArray[np.uint8], *, seed: int = 0) -> Prompt:
        """Draw the first prompt for one slice.

        Raises
        ------
        StrategyError
            When the slice carries no label.
        """
        return self.base(labels_yx, seed=seed)


class FirstPrompt(NamedTuple):
    """A rule without its clicks, and how many of them may follow."""

    rule: PromptRule
    clicks: int


def first_prompt(rule: PromptRule) -> FirstPrompt:
    """Take a rule apart; one without clicks is its own first prompt."""
    return FirstPrompt(rule.base, rule.clicks) if isinstance(rule, Clicked) else FirstPrompt(rule, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClicksFamily:
    """The names that end in ``+clicks=N``."""

    name: str = f"RULE+{WORD}=N"
    examples: tuple[str, ...] = ()

    def parse(self, name: str, rules: Mapping[str, PromptRule]) -> PromptRule | None:
        """Return the rule of a name, or None when it ends otherwise or no known rule stands before the clicks.

        Raises
        ------
        StrategyError
            When clicks follow clicks.
        """
        match = re.fullmatch(rf"(.+)\+{WORD}=([1-9][0-9]*)", name)
        if match is None or match[1] not in rules:
            return None
        base = rules[match[1]]
        if "clicks" in base.gives:
            msg = f"{name!r}: clicks follow clicks; expected '+{WORD}=N' once, at the end, with N the number of all."
            raise StrategyError(msg)
        return Clicked(name=name, base=base, clicks=int(match[2]))


FAMILIES = (ClicksFamily(),)
