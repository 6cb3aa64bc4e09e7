"""From a strategy to the passes a video model makes: which frames, in which order, prompted where, kept where.

As in Gutiérrez et al. 2025, ``both`` is two videos that each begin at the seed and have a memory of their own: the
slices from the seed down to 0, and from the seed up to the end. Results are put back in order and the second result
for the seed slice is dropped. A foreign seed frame is put in front of each half, prompted, and its own result thrown
away.
"""

from __future__ import annotations

from typing import NamedTuple

from bench_cases.contracts import PromptRule
from bench_cases.engine.draw import draw_prompt
from bench_cases.engine.feature_store import FIRST_SEED_KEY
from bench_cases.engine.foreign_seed import ForeignSeed
from bench_cases.errors import StrategyError
from bench_cases.prompt import Prompt
from bench_cases.prompting.strategy import Strategy
from bench_cases.volume import Volume


class Pass(NamedTuple):
    """One walk of a video model.

    Parameters
    ----------
    keys
        Slice indices in the order seen; a negative key for a foreign frame.
    keep
        Whether the result at each position is used.
    prompt
        The prompt given at position 0.
    """

    keys: tuple[int, ...]
    keep: tuple[bool, ...]
    prompt: Prompt


def plan(
    strategy: Strategy,
    volume: Volume,
    rule: PromptRule,
    *,
    foreign: ForeignSeed | None = None,
    seed_key: int = FIRST_SEED_KEY,
) -> tuple[Pass, ...]:
    """Plan the passes of a one-prompt strategy.

    Parameters
    ----------
    foreign
        The dataset's seed, for strategies that use it.
    seed_key
        Key under which the feature store knows the seed's frame.

    Raises
    ------
    StrategyError
        When the slice to be prompted carries no target, or a foreign seed is needed and there is none.
    """
    middle = volume.n_slices // 2
    lead: tuple[int, ...] = ()
    if strategy.foreign:
        if foreign is None:
            msg = f"strategy '{strategy}' needs the prompt of the dataset's first volume, and none was given."
            raise StrategyError(msg)
        if strategy.seed == "dataset":
            lead = (seed_key,)
            prompt = foreign.prompt
        else:
            prompt = foreign.prompt.scaled_to(volume.size_yx)
    elif volume.labels_zyx[middle].any():
        prompt = draw_prompt(volume, middle, rule)
    else:
        where = volume.nonempty_slices()
        present = f"slices {where[0]} to {where[-1]}" if len(where) else "no slice"
        msg = (
            f"strategy '{strategy}' prompts the middle slice, {middle} of {volume.n_slices}, which carries no "
            f"{volume.target}; expected some, and {present} of {volume.dataset}/{volume.id} carries it. "
            "Use a strategy that prompts where the target is, such as 'every.composite'."
        )
        raise StrategyError(msg)
    down = tuple(range(middle, -1, -1))
    up = tuple(range(middle, volume.n_slices))
    backward = Pass(keys=lead + down, keep=(False,) * len(lead) + (True,) * len(down), prompt=prompt)
    forward = Pass(keys=lead + up, keep=(False,) * (len(lead) + 1) + (True,) * (len(up) - 1), prompt=prompt)
    return (backward, forward) if len(up) > 1 else (backward,)
