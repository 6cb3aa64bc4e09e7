"""The grammar of strategy names: ``seed.prompt[.direction][.mask]``. A name is a value that parses.

======================================  =================================================================
``every.composite``                     a composite prompt on every slice, image mode
``middle.composite.both``               one prompt a volume, on slice ``n // 2``, backward and forward
``dataset.composite.both``              one prompt a dataset: the first volume's frame and prompt, put first
``dataset=coordinates.composite.both``  the same prompt's coordinates on each volume's own middle slice
======================================  =================================================================
"""

from __future__ import annotations

import difflib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from bench_cases.contracts import MaskChoice
from bench_cases.errors import StrategyError

Seed = Literal["every", "middle", "dataset", "dataset=coordinates"]
Direction = Literal["both"]

SEEDS: Final[tuple[Seed, ...]] = get_args(Seed)
DIRECTIONS: Final[tuple[Direction, ...]] = get_args(Direction)
CHOICES: Final[tuple[MaskChoice, ...]] = get_args(MaskChoice)

DEFAULT_STRATEGIES: Final = ("every.composite", "middle.composite.both", "dataset.composite.both")
"""The three protocols of Gutiérrez et al. 2025."""


@dataclass(frozen=True, slots=True, order=True)
class Strategy:
    """A parsed strategy; equal names are equal values.

    Parameters
    ----------
    seed
        Which frames carry prompts.
    prompt
        Name of the prompt rule.
    direction
        How the prompt is carried through the volume; None in image mode.
    choice
        Which mask counts.
    """

    seed: Seed
    prompt: str
    direction: Direction | None = None
    choice: MaskChoice = "single"

    @property
    def mode(self) -> Literal["image", "video"]:
        """The mode that a model must offer."""
        return "image" if self.seed == "every" else "video"

    @property
    def foreign(self) -> bool:
        """Whether the prompt comes from the dataset's first volume."""
        return self.seed.startswith("dataset")

    def __str__(self) -> str:
        """Return the canonical name; `parse` is its inverse."""
        parts = [self.seed, self.prompt]
        if self.direction is not None:
            parts.append(self.direction)
        if self.choice != "single":
            parts.append(self.choice)
        return ".".join(parts)


def parse(name: str, *, prompts: Collection[str]) -> Strategy:
    """Parse a strategy name.

    Parameters
    ----------
    name
        For instance ``middle.composite.both``.
    prompts
        Names of the known prompt rules.

    Raises
    ------
    StrategyError
        With the part that is wrong, the choices, and a near miss where there is one.

    Examples
    --------
    >>> parse("every.composite", prompts=["composite"])
    Strategy(seed='every', prompt='composite', direction=None, choice='single')
    """
    parts = name.split(".")
    if len(parts) < 2:
        msg = f"strategy {name!r} has one part; expected seed.prompt[.direction][.mask], such as 'every.composite'."
        raise StrategyError(msg)
    seed = cast("Seed", _one_of(name, "seed", parts[0], SEEDS))
    prompt = _one_of(name, "prompt", parts[1], prompts)
    rest = parts[2:]
    direction: Direction | None = None
    choice: MaskChoice = "single"
    if rest and rest[0] in DIRECTIONS:
        direction = cast("Direction", rest.pop(0))
    if rest:
        choices = (*DIRECTIONS, *CHOICES) if direction is None and seed != "every" else CHOICES
        choice = cast("MaskChoice", _one_of(name, "mask choice", rest.pop(0), choices))
    if rest:
        msg = f"strategy {name!r} goes on with {'.'.join(rest)!r}; expected seed.prompt[.direction][.mask]."
        raise StrategyError(msg)
    if seed == "every" and direction is not None:
        msg = f"strategy {name!r} prompts every slice, so nothing is propagated; leave {direction!r} out."
        raise StrategyError(msg)
    if seed != "every" and direction is None:
        msg = f"strategy {name!r} prompts one frame; say how to go on from there: '{seed}.{prompt}.both'."
        raise StrategyError(msg)
    return Strategy(seed, prompt, direction, choice)


def _one_of(name: str, what: str, value: str, choices: Collection[str]) -> str:
    if value in choices:
        return value
    near = difflib.get_close_matches(value, choices, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    msg = f"strategy {name!r}: {value!r} is not a {what}; expected one of {', '.join(sorted(choices))}.{hint}"
    raise StrategyError(msg)
