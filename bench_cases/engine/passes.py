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
before the first prompt see it ahead of them. A foreign frame is put in front. Images of an unordered set may be walked
by their similarity to what was prompted; prompted ones then come first.

Frames may be interpolated between neighbouring slices: they are walked as they come, and their results are not used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Literal, NamedTuple

from bench_cases.contracts import PromptRule
from bench_cases.engine.draw import draw_prompt
from bench_cases.engine.feature_store import FIRST_SEED_KEY, Key
from bench_cases.engine.foreign_seed import ForeignSeed
from bench_cases.engine.order import Ranked, by_similarity
from bench_cases.errors import StrategyError
from bench_cases.frames import FrameSequence
from bench_cases.prompt import Prompt
from bench_cases.prompting.limits import why_not_on
from bench_cases.prompting.seeds import seed_slices
from bench_cases.prompting.strategy import Strategy
from bench_cases.volume import Volume


class Pass(NamedTuple):
    """One walk of a video model.

    Parameters
    ----------
    keys
        Frames in the order seen: slice indices, fractions for frames between two slices, a negative key for a foreign
        frame.
    keep
        Whether the result at each position is used.
    prompts
        The prompt of each prompted key.
    lead
        How many frames were put in front.
    name
        ``backward``, ``forward``, or ``by similarity``.
    ranked
        The images of an unordered set in the order seen, where that is by similarity.
    """

    keys: tuple[Key, ...]
    keep: tuple[bool, ...]
    prompts: Mapping[int, Prompt]
    lead: int = 0
    name: Literal["backward", "forward", "by similarity"] = "forward"
    ranked: Sequence[Ranked] = ()

    @property
    def prompt(self) -> Prompt:
        """The first prompt met."""
        return next(self.prompts[key] for key in self.keys if isinstance(key, int) and key in self.prompts)

    @property
    def starts_at(self) -> int:
        """The first slice that is walked, frames put in front aside."""
        return int(self.keys[self.lead])

    @property
    def between(self) -> int:
        """How many of its frames lie between two slices."""
        return sum(isinstance(key, Fraction) for key in self.keys)

    @property
    def by_position(self) -> dict[int, Prompt]:
        """The prompts by their position among the keys."""
        told = ((position, key) for position, key in enumerate(self.keys) if isinstance(key, int))
        return {position: self.prompts[key] for position, key in told if key in self.prompts}


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
        When the slice to be prompted carries no target, a foreign seed is needed and there is none, or the walk is not
        one for such a volume.
    """
    unfit = why_not_on(strategy, ordered=volume.ordered)
    if unfit is not None:
        msg = f"strategy '{strategy}' cannot be run on {volume.dataset}/{volume.id}: {unfit}."
        raise StrategyError(msg)
    prompts = _prompts(strategy, volume, rule, foreign=foreign, seed_key=seed_key)
    slices = [key for key in prompts if key >= 0]
    between = strategy.interpolate
    if strategy.direction == "forward":
        lead = [key for key in prompts if key < 0]
        if strategy.order == "listed":
            return (_pass("forward", lead, refined(range(volume.n_slices), between), prompts),)
        frames = FrameSequence(volume=volume)
        seeds = [frames[key] for key in slices] or ([] if foreign is None else [foreign.frame])
        ranked = by_similarity(frames, seeds, first=slices)
        walk = _pass("by similarity", lead, [image.place for image in ranked], prompts)
        return (walk._replace(ranked=ranked),)
    start = slices[len(slices) // 2] if slices else volume.n_slices // 2
    down, up = refined(range(start, -1, -1), between), refined(range(start, volume.n_slices), between)
    backward = _pass("backward", [key for key in prompts if key < 0 or key > start], down, prompts)
    forward = _pass("forward", [key for key in prompts if key < start], up, prompts, drop_first=True)
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


def refined(run: Sequence[int], between: int) -> list[Key]:
    """Put `between` frames between the neighbours of a run, evenly spread.

    >>> [str(key) for key in refined([2, 1, 0], 1)]
    ['2', '3/2', '1', '1/2', '0']
    """
    keys: list[Key] = []
    for here, following in pairwise(run):
        steps = (Fraction(part, between + 1) * (following - here) for part in range(1, between + 1))
        keys += [here, *(here + step for step in steps)]
    return [*keys, *run[-1:]]


def _pass(
    name: Literal["backward", "forward", "by similarity"],
    lead: Sequence[int],
    own: Iterable[Key],
    prompts: Mapping[int, Prompt],
    *,
    drop_first: bool = False,
) -> Pass:
    """Put `lead` in front of the frames `own`; results on the slices among these are kept, perhaps save the first."""
    keys: tuple[Key, ...] = (*lead, *own)
    dropped = len(lead) + drop_first
    keep = tuple(position >= dropped and isinstance(key, int) for position, key in enumerate(keys))
    prompted = {key: prompts[key] for key in keys if isinstance(key, int) and key in prompts}
    return Pass(keys, keep, prompted, len(lead), name)
