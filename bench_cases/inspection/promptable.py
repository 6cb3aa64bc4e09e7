"""Can a volume be prompted as a plain run would prompt it? The engine is asked, so that it cannot answer otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from bench_cases.contracts import PromptRule
from bench_cases.engine.foreign_seed import seed_from
from bench_cases.engine.passes import plan
from bench_cases.errors import StrategyError
from bench_cases.prompting.rule_book import RuleBook
from bench_cases.prompting.strategy import DEFAULT_STRATEGIES, Strategy, parse
from bench_cases.volume import Volume

_WHERE_THE_TARGET_IS: Final = "largest"


def plain_strategies(rules: RuleBook) -> list[Strategy]:
    """Return what a run takes that names no strategy."""
    return [parse(name, prompts=rules) for name in DEFAULT_STRATEGIES]


def will_fail(volume: Volume, strategies: Sequence[Strategy], rules: Mapping[str, PromptRule]) -> Iterator[str]:
    """Say which of some strategies cannot be prompted on a volume that shows the target, and why, in the run's words.

    Strategies that take their prompt from another volume are left out: `why_no_seed` is about them. So is image mode,
    which prompts wherever the target is.
    """
    for strategy in strategies:
        if strategy.mode == "image" or strategy.foreign:
            continue
        try:
            plan(strategy, volume, rules[strategy.prompt])
        except StrategyError as error:
            yield f"{error} Here: --sam-strategy {replace(strategy, seed=_WHERE_THE_TARGET_IS)}."


def why_no_seed(volume: Volume, strategies: Sequence[Strategy], rules: Mapping[str, PromptRule]) -> str:
    """Say why a volume cannot give the one prompt of its dataset; empty where it can, or where none is asked for."""
    for strategy in strategies:
        if strategy.foreign:
            try:
                seed_from(volume, rules[strategy.prompt])
            except StrategyError as error:
                return str(error)
    return ""
