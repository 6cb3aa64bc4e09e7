"""The noun `Request`: a volume, and the strategies that a model is asked to segment it under."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from bench_cases.engine.foreign_seed import ForeignSeed
from bench_cases.prompting.strategy import Strategy
from bench_cases.volume import Volume


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Request:
    """What is asked of a model on one volume.

    Parameters
    ----------
    foreign
        The dataset's seed by name of the prompt rule, for strategies that need it.
    """

    volume: Volume
    strategies: Sequence[Strategy]
    foreign: Mapping[str, ForeignSeed] = field(default_factory=dict)

    def of_mode(self, mode: Literal["image", "video"]) -> Request:
        """Return the same with those of its strategies alone that are of a mode."""
        return replace(self, strategies=[strategy for strategy in self.strategies if strategy.mode == mode])
