"""From a strategy to the passes a video model makes: which frames, in which order, prompted where, kept where.

As in Gutiérrez et al. 2025, ``both`` is two videos that each begin at the seed and have a memory of their own: the
slices from the seed down to 0, and from the seed up to the end. Results are put back in order and the second result
for the seed slice is dropped. A foreign seed frame is put in front of each half, prompted, and its own result thrown
away.

With three prompted slices, ``both`` begins at the middle one, and the memory holds all three in both halves (Dong et
al. 2024, who reset the memory between the halves and prompt again). The prompted slice that a half does not come by is
put in front of it and its result thrown away there; SAM 2 gives prompted frames no place in time, except that SAM 2.1
marks how far back an object's pointer lies.

``forward`` is one video of all slices from 0 up, prompted wherever the prompts are (Dong et al. 2024, "uni"): slices
before the first prompt see it ahead of them. A foreign frame is put in front.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from bench_cases.contracts import PromptRule
from bench_cases.engine.draw import draw_prompt
from bench_cases.engine.feature_store import FIRST_SEED_KEY
from bench_cases.engine.foreign_seed import ForeignSeed
from bench_cases.errors import StrategyError
from bench_cases.prompt import Prompt
from bench_cases.prompting.seeds import seed_slices
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
    prompts
        The prompt of each prompted key.
    lead
        How many frames were put in front.
    """

    keys: tuple[int, ...]
    keep: tuple[bool, ...]
    prompts: Mapping[int, Prompt]
    lead: int = 0

    @property
    def prompt(self) -> Prompt:
        """The first prompt met."""
        return self.prompts[next(key for key in self.keys if key in self.prompts)]

    @property
    def by_position(self) -> dict[int, Prompt]:
        """The prompts by their position among the keys."""
        return {position: self.prompts[key] for position, key in enumerate(self.keys) if key in self.prompts}


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
    prompts = _prompts(strategy, volume, rule, foreign=foreign, seed_key=seed_key)
    slices = [key for key in prompts if key >= 0]
    if strategy.direction == "forward":
        lead = [key for key in prompts if key < 0]
        return (_pass(lead, range(volume.n_slices), prompts),)
    start = slices[len(slices) // 2] if slices else volume.n_slices // 2
    backward = _pass([key for key in prompts if key < 0 or key > start], range(start, -1, -1), prompts)
    forward = _pass([key for key in prompts if key < start], range(start, volume.n_slices), prompts, drop_first=True)
    return (backward, forward) if start + 1 < volume.n_slices else (backward,)


def _prompts(
    strategy: Strategy, volume: Volume, rule: PromptRule, *, foreign: ForeignSeed | None, seed_key: int
) -> dict[int, Prompt]:
    """Return the prompts by key, in the order of the volume."""
    if not strategy.foreign:
        try:
            return {index: draw_prompt(volume, index, rule) for index in seed_slices(strategy.seed, volume)}
        except StrategyError as error:
            msg = f"strategy '{strategy}' {error}"
            raise StrategyError(msg) from error
    if foreign is None:
        msg = f"strategy '{strategy}' needs the prompt of the dataset's first volume, and none was given."
        raise StrategyError(msg)
    if strategy.seed == "dataset":
        return {seed_key: foreign.prompt}
    return {volume.n_slices // 2: foreign.prompt.scaled_to(volume.size_yx)}


def _pass(lead: list[int], own: range, prompts: Mapping[int, Prompt], *, drop_first: bool = False) -> Pass:
    """Put `lead` in front of the slices `own`; only the latter's results are kept, perhaps without the first."""
    keys = (*lead, *own)
    dropped = len(lead) + drop_first
    keep = (False,) * dropped + (True,) * (len(keys) - dropped)
    return Pass(keys, keep, {key: prompts[key] for key in keys if key in prompts}, len(lead))
