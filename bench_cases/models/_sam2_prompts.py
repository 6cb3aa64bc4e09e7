"""What a walk refuses before it sets out: prompts that cannot be followed, and clicks where a model takes none."""

from __future__ import annotations

from collections.abc import Mapping

from bench_cases.errors import StrategyError
from bench_cases.models._frame import must_be_one
from bench_cases.prompt import Prompt


def must_be_followable(n_frames: int, prompts: Mapping[int, Prompt]) -> None:
    """Refuse prompts that a walk over `n_frames` frames cannot follow.

    Raises
    ------
    StrategyError
        When there is no prompt, one lies outside the video or has parts, or a mask comes with points or a box.
    """
    strange = sorted(position for position in prompts if not 0 <= position < n_frames)
    if strange:
        msg = f"prompts at positions {strange} of a video of {n_frames} frames; expected 0 to {n_frames - 1}."
        raise StrategyError(msg)
    if not prompts:
        msg = f"no prompt on a video of {n_frames} frames; expected at least one, so that there is something to follow."
        raise StrategyError(msg)
    for prompt in prompts.values():
        must_be_one(prompt)
    mixed = [
        position
        for position, prompt in prompts.items()
        if prompt.mask_yx is not None and prompt.n_points + prompt.n_boxes
    ]
    if mixed:
        msg = f"a mask together with points or a box at positions {mixed}; expected one or the other on a frame."
        raise StrategyError(msg)


def no_clicks(whose: str) -> StrategyError:
    """Word the refusal of clicks; `whose` names the model's kind."""
    return StrategyError(
        f"clicks in video mode were asked of {whose}; expected a strategy without clicks, or a model of sam2."
    )
