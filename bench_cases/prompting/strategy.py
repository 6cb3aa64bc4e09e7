"""The grammar of strategy names: ``seed.prompt[.direction][.walk][.mask]``. A name is a value that parses.

======================================  =================================================================
``every.composite``                     a composite prompt on every slice, image mode
``middle.composite.both``               one prompt a volume, on slice ``n // 2``, backward and forward
``dataset.composite.both``              one prompt a dataset: the first volume's frame and prompt, put first
``dataset=coordinates.composite.both``  the same prompt's coordinates on each volume's own middle slice
``largest.box.forward.first``           a box on the largest slice, one pass from slice 0, the first of three masks
``slice=40.point.both``                 a point on slice 40 of the source file
``middle.box.both.interpolate=2``       two frames interpolated between neighbouring slices, walked and not scored
``dataset.box.forward.order=similar``   an unordered set of images, the one most like the seed first
``every.point+clicks=3``                a point on every slice, then up to three correcting clicks on each
======================================  =================================================================
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from bench_cases.contracts import MaskChoice
from bench_cases.errors import StrategyError
from bench_cases.prompting.rule_book import RuleBook
from bench_cases.prompting.seeds import NUMBERED
from bench_cases.prompting.walk_part import INTERPOLATE, ORDER, Order, parse_walk

Direction = Literal["forward", "both"]
Choice = Literal[MaskChoice, "oracle"]
"""What a model chooses by itself, or the mask of three that matches the reference best: an upper bound."""

SEEDS: Final = ("every", "middle", "centre", "edge", "largest", "three", "dataset", "dataset=coordinates")
DIRECTIONS: Final[tuple[Direction, ...]] = get_args(Direction)
CHOICES: Final[tuple[Choice, ...]] = (*get_args(MaskChoice), "oracle")

FORM: Final = "seed.prompt[.direction][.walk][.mask]"
"""How a name is built; a walk is one of `walk_part.WALKS`."""

DEFAULT_STRATEGIES: Final = ("every.composite", "middle.composite.both", "dataset.composite.both")
"""The three protocols of Gutiérrez et al. 2025."""


@dataclass(frozen=True, slots=True, order=True)
class Strategy:
    """A parsed strategy; equal names are equal values.

    Parameters
    ----------
    seed
        Which frames carry prompts: one of `SEEDS`, or ``slice=N``.
    prompt
        Name of the prompt rule.
    direction
        How the prompt is carried through the volume; None in image mode.
    choice
        Which mask counts.
    order
        How the images of an unordered set follow each other: as listed, or by similarity to the seed.
    interpolate
        How many frames are interpolated between neighbouring slices, to be walked and not scored.
    """

    seed: str
    prompt: str
    direction: Direction | None = None
    choice: Choice = "single"
    order: Order = "listed"
    interpolate: int = 0

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
        if self.order != "listed":
            parts.append(f"{ORDER}{self.order}")
        if self.interpolate:
            parts.append(f"{INTERPOLATE}{self.interpolate}")
        if self.choice != "single":
            parts.append(self.choice)
        return ".".join(parts)


def parse(name: str, *, prompts: Collection[str], also: Collection[str] = ()) -> Strategy:
    """Parse a strategy name.

    Parameters
    ----------
    name
        For instance ``middle.composite.both``.
    prompts
        Names of the known prompt rules.
    also
        Names that are known beside strategies, for a hint when there is one part only.

    Raises
    ------
    StrategyError
        With the part that is wrong, the choices, and a near miss where there is one.

    Examples
    --------
    >>> parse("middle.composite.both.first", prompts=["composite"])
    Strategy(seed='middle', prompt='composite', direction='both', choice='first', order='listed', interpolate=0)
    """
    parts = name.split(".")
    if len(parts) < 2:
        msg = f"strategy {name!r} has one part; expected {FORM}, such as 'every.composite'."
        if also:
            msg = f"{msg[:-1]}, or one of {', '.join(also)}."
        raise StrategyError(msg)
    numbered = re.fullmatch(rf"{NUMBERED}(0|[1-9][0-9]*)", parts[0])
    seed = parts[0] if numbered else _one_of(name, "seed", parts[0], (*SEEDS, f"{NUMBERED}N"))
    prompt = _one_of(name, "prompt", parts[1], prompts)
    rest = parts[2:]
    direction: Direction | None = None
    choice: Choice = "single"
    if rest and rest[0] in DIRECTIONS:
        direction = cast("Direction", rest.pop(0))
    order, interpolate = parse_walk(name, rest, direction=direction)
    if rest:
        choices = (*DIRECTIONS, *CHOICES) if direction is None and seed != "every" else CHOICES
        choice = cast("Choice", _one_of(name, "mask choice", rest.pop(0), choices))
    if rest:
        msg = f"strategy {name!r} goes on with {'.'.join(rest)!r}; expected {FORM}."
        raise StrategyError(msg)
    if seed == "every" and direction is not None:
        msg = f"strategy {name!r} prompts every slice, so nothing is propagated; leave {direction!r} out."
        raise StrategyError(msg)
    if seed != "every" and direction is None:
        msg = f"strategy {name!r} prompts one frame; say how to go on from there: '{seed}.{prompt}.both'."
        raise StrategyError(msg)
    return Strategy(seed, prompt, direction, choice, order, interpolate)


def _one_of(name: str, what: str, value: str, choices: Collection[str]) -> str:
    if value in choices and value != f"{NUMBERED}N":
        return value
    known = [*choices, *(choices.forms if isinstance(choices, RuleBook) else ())]
    stem = re.split(r"[-+](?!.*[-+])", value)[0]  # so that box-nosy10pct is compared with box-noisyNpct
    near = difflib.get_close_matches(value, [form.replace("RULE", stem) for form in known], n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    msg = f"strategy {name!r}: {value!r} is not a {what}; expected one of {', '.join(sorted(known))}.{hint}"
    raise StrategyError(msg)
