"""Strategies that a library's predictor can run too, so that there is something to compare."""

from __future__ import annotations

from collections.abc import Sequence

from bench_cases import registry
from bench_cases.contracts import Checkpoint
from bench_cases.errors import SelectionError
from bench_cases.models.checkpoints import resolve
from bench_cases.prompting.clicks import first_prompt
from bench_cases.prompting.grids import expand
from bench_cases.prompting.limits import why_not
from bench_cases.prompting.strategy import Strategy
from bench_cases.speed.library import refuse_without_predictor


def comparable(names: Sequence[str], model: str) -> list[Strategy]:
    """Return the strategies of some names, grids and patterns.

    Raises
    ------
    SelectionError
        For a model that no library's predictor runs, or that does not offer the mode; for strategies of two modes, or
        such that a plain script does not do them: a seed from another volume, clicks, ``oracle``, a walk by similarity
        or between slices.
    """
    checkpoint = _checkpoint(model)
    rules = registry.prompt_rules()
    found = [it for it in expand(names, rules) if why_not(it, rules[it.prompt]) is None]
    modes = {it.mode for it in found}
    if len(modes) != 1:
        msg = (
            f"{', '.join(names)}: strategies of {len(modes)} modes; expected one, image or video, because one of the "
            "library's predictors is compared at a time. Ask for them one after the other."
        )
        raise SelectionError(msg)
    if modes - {*checkpoint.modes}:
        offered = " and ".join(checkpoint.modes)
        msg = f"{model} offers {offered} mode; expected strategies of it instead of {', '.join(names)}."
        raise SelectionError(msg)
    beyond = [str(it) for it in found if _beyond_a_script(it) or first_prompt(rules[it.prompt]).clicks]
    if beyond:
        msg = (
            f"{', '.join(beyond)} cannot be compared with a plain script; expected neither another volume's prompt nor "
            "clicks, 'oracle', order or interpolate. Name other strategies."
        )
        raise SelectionError(msg)
    return found


def _checkpoint(model: str) -> Checkpoint:
    checkpoint = resolve(model)
    refuse_without_predictor(checkpoint)
    return checkpoint


def same_choice(strategy: Strategy) -> bool:
    """Whether the library's predictor can take the same of several masks: in video mode it has no ``first``."""
    return strategy.mode == "image" or strategy.choice != "first"


def _beyond_a_script(strategy: Strategy) -> bool:
    walked = strategy.order != "listed" or strategy.interpolate > 0
    return strategy.foreign or strategy.choice == "oracle" or walked
