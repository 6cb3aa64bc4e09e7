"""What a mode cannot take, said by name before anything runs, and never worked around in silence."""

from __future__ import annotations

from bench_cases.contracts import PromptRule
from bench_cases.prompting.strategy import Strategy


def why_not(strategy: Strategy, rule: PromptRule) -> str | None:
    """Return why no model can run a strategy, or None when one can.

    Parameters
    ----------
    rule
        The strategy's prompt rule.
    """
    return _why_no_clicks(strategy, rule) or _why_not_in_this_mode(strategy, rule)


def _why_no_clicks(strategy: Strategy, rule: PromptRule) -> str | None:
    if "clicks" not in rule.gives:
        return None
    if "mask" in rule.gives:
        return "clicks correct what points or a box gave; a mask prompt is the reference, which needs no correction"
    if "boxes" in rule.gives:
        return "each box is predicted on its own, and a click cannot be told to belong to one of them"
    if strategy.mode == "video" and strategy.choice == "oracle":
        return "'oracle' and clicks both look at the reference; in video mode use one of them"
    return None


def _why_not_in_this_mode(strategy: Strategy, rule: PromptRule) -> str | None:
    if strategy.mode == "image":
        if "mask" in rule.gives:
            return "image mode takes points and boxes; a mask is a prompt of video mode"
        return None
    if strategy.choice == "oracle" and "boxes" in rule.gives:
        return "each box is carried on its own, and the reference does not say which part of it belongs to which box"
    if strategy.seed == "three" and "boxes" in rule.gives:
        return "each box is carried on its own, and the boxes of three slices cannot be told to belong together"
    if strategy.seed == "dataset=coordinates" and "mask" in rule.gives:
        return "a mask has no coordinates to be used on another frame; use 'dataset'"
    return None


def why_not_on(strategy: Strategy, *, ordered: bool) -> str | None:
    """Return why a strategy cannot be run on a dataset, or None when it can.

    Parameters
    ----------
    ordered
        Whether its images are slices of one body.
    """
    if strategy.order == "similar" and ordered:
        return "the slices of one body have an order of their own; 'order=similar' is for sets of images without one"
    if strategy.interpolate and not ordered:
        return "nothing lies between images of different bodies; 'interpolate=K' is for slices of one body"
    return None
