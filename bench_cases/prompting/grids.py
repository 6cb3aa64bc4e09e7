"""Names for many strategies: the grids of Dong et al. 2024, everything in image mode, and wildcards.

=========================  ==========================================================================================
``grid-24``                edge, centre, largest x point, points x forward, both x first, confident
``grid-80``                edge, centre, largest, three x point, points, box, box-all, mask x forward, both x first,
                           confident (the journal version's count; which prompts make it up is a reconstruction)
``all-2d``                 every prompt of image mode x single, confident, first, oracle
``largest.*.both.*``       a pattern for each part
=========================  ==========================================================================================
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import product
from typing import Final

from bench_cases.errors import StrategyError
from bench_cases.prompting.limits import why_not
from bench_cases.prompting.rule_book import RuleBook
from bench_cases.prompting.strategy import CHOICES, DIRECTIONS, SEEDS, Choice, Strategy, parse
from bench_cases.prompting.walk_part import is_walk, parse_walk

GRIDS: Final = ("grid-24", "grid-80", "all-2d")

_D24_CHOICES: Final[tuple[Choice, ...]] = ("first", "confident")
_IN_VIDEO: Final[tuple[Choice, ...]] = ("single", *reversed(_D24_CHOICES))


def expand(names: Iterable[str], rules: RuleBook) -> list[Strategy]:
    """Return the strategies that names, grids and patterns stand for, in the order asked for, each once.

    In a pattern each part stands for itself: of seeds those without a number, of prompts the listed ones and the
    members of a family that a study used. A fourth part stands for `confident` and `first`; without it the default
    is meant, which in video mode is the same mask as `confident`. An upper bound is no part of a pattern of video mode
    unless ``oracle`` is written out, and what a walk goes by (``order=similar``) is written as it stands.

    Raises
    ------
    StrategyError
        For a name that does not parse, or a pattern that matches nothing.
    """
    return list(dict.fromkeys(strategy for name in names for strategy in _one(name, rules)))


def _one(name: str, rules: RuleBook) -> Sequence[Strategy]:
    if name == "grid-24":
        return _cells(("edge", "centre", "largest"), ("point", "points"))
    if name == "grid-80":
        return _cells(("edge", "centre", "largest", "three"), ("point", "points", "box", "box-all", "mask"))
    if name == "all-2d":
        return [it for it in _matching("every.*.*", rules) if why_not(it, rules[it.prompt]) is None]
    if not any(mark in name for mark in "*?["):
        return [parse(name, prompts=rules, also=GRIDS)]
    found = _matching(name, rules)
    if not found:
        msg = (
            f"the pattern {name!r} matches no strategy; expected patterns for seed.prompt[.mask] or "
            "seed.prompt.direction[.walk][.mask], such as 'largest.*.both.*'."
        )
        raise StrategyError(msg)
    return found


def _cells(seeds: Iterable[str], prompts: Iterable[str]) -> list[Strategy]:
    return [Strategy(*cell) for cell in product(seeds, prompts, DIRECTIONS, _D24_CHOICES)]


def _matching(pattern: str, rules: RuleBook) -> list[Strategy]:
    """Match part by part, the default mask choice left out or written out."""
    wanted = [part for part in pattern.split(".") if not is_walk(part)]
    walk = [part for part in pattern.split(".") if is_walk(part)]
    in_video = ("oracle",) if wanted[3:] == ["oracle"] else _IN_VIDEO
    prompts = (*rules, *rules.examples)
    universe = [Strategy("every", prompt, None, choice) for prompt, choice in product(prompts, CHOICES)]
    propagated = [seed for seed in SEEDS if seed != "every"]
    universe += [Strategy(*cell) for cell in product(propagated, prompts, DIRECTIONS, in_video)]
    found = [strategy for strategy in universe if any(_fits(parts, wanted) for parts in _spellings(strategy))]
    return _walked(found, pattern, walk) if walk else found


def _walked(found: Sequence[Strategy], pattern: str, walk: list[str]) -> list[Strategy]:
    """Give the strategies that can walk so what their pattern says of the walk.

    Raises
    ------
    StrategyError
        When it says nothing that means anything.
    """
    order, interpolate = parse_walk(pattern, walk, direction="forward")
    return [
        replace(strategy, order=order, interpolate=interpolate)
        for strategy in found
        if strategy.direction == "forward" or (strategy.direction == "both" and order == "listed")
    ]


def _spellings(strategy: Strategy) -> list[list[str]]:
    """Return the parts of a name; the default choice is left out in video mode, and may be written in image mode."""
    short = str(strategy).split(".")
    return [short, [*short, "single"]] if strategy.mode == "image" and strategy.choice == "single" else [short]


def _fits(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    return len(parts) == len(wanted) and all(map(fnmatchcase, parts, wanted))
