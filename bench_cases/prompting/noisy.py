"""A human's imprecision: any rule with its box jittered, its points displaced, or its mask grown, shrunk or shifted.

A suffix names it, with whole numbers and without dots, brackets or signs that a shell or pytest's ``-k`` would read:

=========================  ==========================================================================================
``box-noisy10pct``         each edge of the box moved by up to 10 % of its side, inwards or outwards
``point-noisy5px``         each point moved by 5 pixels in a direction of its own
``mask-dilated3px``        the mask grown by 3 pixels; ``mask-eroded3px`` shrunk, ``mask-shifted3px`` moved
=========================  ==========================================================================================

Suffixes add up: ``composite-noisy10pct-noisy5px``. Everything stays inside the frame, and is drawn from the case's
seed alone. Displaced points may leave the structure: that is the point of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import PromptKind, PromptRule
from bench_cases.errors import StrategyError
from bench_cases.prompt import Prompt
from bench_cases.prompting._components import depth
from bench_cases.prompting.composite import tight_box

Disturb = Callable[[Prompt, int, np.random.Generator], Prompt]


def jitter_box(prompt: Prompt, percent: int, rng: np.random.Generator) -> Prompt:
    """Move each edge of the box by up to `percent` of its side, uniformly, to whole pixels within the frame."""
    if prompt.box_xyxy is None:
        return prompt
    x0, y0, x1, y1 = prompt.box_xyxy
    reach = np.array([x1 - x0 + 1, y1 - y0 + 1] * 2) * percent / 100
    height, width = prompt.size_yx
    moved = np.rint(np.array(prompt.box_xyxy) + reach * rng.uniform(-1, 1, 4))
    x, y = np.sort(moved[::2].clip(0, width - 1)), np.sort(moved[1::2].clip(0, height - 1))
    return replace(prompt, box_xyxy=(float(x[0]), float(y[0]), float(x[1]), float(y[1])))


def displace_points(prompt: Prompt, pixels: int, rng: np.random.Generator) -> Prompt:
    """Move each point by `pixels` in a random direction, to the nearest pixel within the frame."""
    height, width = prompt.size_yx
    angle = rng.uniform(0, 2 * np.pi, len(prompt.points_xy))
    step = pixels * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    moved = np.rint(np.array(prompt.points_xy).reshape(-1, 2) + step).clip(0, (width - 1, height - 1))
    return replace(prompt, points_xy=tuple((float(x), float(y)) for x, y in moved))


def dilate_mask(prompt: Prompt, pixels: int, rng: np.random.Generator) -> Prompt:  # noqa: ARG001 - nothing is random
    """Add every pixel within `pixels` of the mask (Euclidean)."""
    from scipy.ndimage import distance_transform_edt

    return replace(prompt, mask_yx=distance_transform_edt(~_mask(prompt)) <= pixels)


def erode_mask(prompt: Prompt, pixels: int, rng: np.random.Generator) -> Prompt:  # noqa: ARG001 - nothing is random
    """Keep the pixels deeper than `pixels` (Euclidean; beyond the frame is outside), or the deepest if none is."""
    deep = depth(_mask(prompt))
    return replace(prompt, mask_yx=deep > pixels if deep.max() > pixels else deep == deep.max())


def shift_mask(prompt: Prompt, pixels: int, rng: np.random.Generator) -> Prompt:
    """Move the mask by `pixels` in a random direction, stopping where its box would leave the frame."""
    mask = _mask(prompt)
    height, width = mask.shape
    x0, y0, x1, y1 = tight_box(mask)
    angle = rng.uniform(0, 2 * np.pi)
    right = int(np.clip(round(pixels * np.cos(angle)), -x0, width - 1 - x1))
    down = int(np.clip(round(pixels * np.sin(angle)), -y0, height - 1 - y1))
    return replace(prompt, mask_yx=np.roll(mask, (down, right), axis=(0, 1)))


def _mask(prompt: Prompt) -> NDArray[np.bool_]:
    if prompt.mask_yx is None:
        msg = "a prompt without a mask was to be grown, shrunk or shifted; expected a mask."
        raise StrategyError(msg)
    return prompt.mask_yx


@dataclass(frozen=True, slots=True, kw_only=True)
class Noisy:
    """A rule whose prompt is disturbed after it was drawn, each of its parts on its own."""

    name: str
    base: PromptRule
    disturb: Disturb
    amount: int

    @property
    def gives(self) -> frozenset[PromptKind]:
        """What the undisturbed rule gives."""
        return frozenset(self.base.gives)

    def __call__(self, labels_yx: NDArray[np.uint8], *, seed: int = 0) -> Prompt:
        """Draw the prompt for one slice and disturb it.

        Raises
        ------
        StrategyError
            When the slice carries no label.
        """
        rng = np.random.default_rng([seed, self.amount])
        prompt = self.base(labels_yx, seed=seed)
        first, *others = (self.disturb(part, self.amount, rng) for part in prompt.parts)
        return replace(first, apart=tuple(others))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoisyFamily:
    """The names that end in one suffix; see the module.

    Parameters
    ----------
    word, unit
        What stands before and after the number.
    to
        The parts of a prompt that it disturbs.
    """

    word: str
    unit: str
    disturb: Disturb
    to: frozenset[PromptKind]
    examples: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How its names look."""
        return f"RULE-{self.word}N{self.unit}"

    def parse(self, name: str, rules: Mapping[str, PromptRule]) -> PromptRule | None:
        """Return the rule of a name, or None when the name has another suffix or no known rule before it.

        Raises
        ------
        StrategyError
            When the suffix disturbs what the rule does not draw.
        """
        match = re.fullmatch(rf"(.+)-{self.word}([1-9][0-9]*){self.unit}", name)
        if match is None or match[1] not in rules:
            return None
        base = rules[match[1]]
        if "clicks" in base.gives:
            msg = f"{name!r}: clicks come last, and are not disturbed; expected the suffix before '+clicks=N'."
            raise StrategyError(msg)
        if not self.to & set(base.gives):
            wanted, drawn = (" and ".join(sorted(kinds)) for kinds in (self.to, set(base.gives)))
            msg = (
                f"{name!r}: '{self.word}N{self.unit}' disturbs {wanted}, and {base.name!r} draws {drawn}; expected "
                "noisyNpct after boxes, noisyNpx after points, dilatedNpx, erodedNpx or shiftedNpx after masks."
            )
            raise StrategyError(msg)
        return Noisy(name=name, base=base, disturb=self.disturb, amount=int(match[2]))


FAMILIES = (
    NoisyFamily(word="noisy", unit="pct", disturb=jitter_box, to=frozenset({"box", "boxes"})),
    NoisyFamily(word="noisy", unit="px", disturb=displace_points, to=frozenset({"points"})),
    NoisyFamily(word="dilated", unit="px", disturb=dilate_mask, to=frozenset({"mask"})),
    NoisyFamily(word="eroded", unit="px", disturb=erode_mask, to=frozenset({"mask"})),
    NoisyFamily(word="shifted", unit="px", disturb=shift_mask, to=frozenset({"mask"})),
)
