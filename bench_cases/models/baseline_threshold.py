"""A baseline without a network: a grey-value threshold and connected components, under the same prompts as the models.

What it scores is what a task gives away for nothing. A model that does not beat it has shown nothing on that task, and
a task on which it scores high says little about models. It stands in the tables as a row of its own, marked BASELINE.

* **Threshold**: Otsu's (1979) between dark and bright, in the box or, without one, in the frame.
* **Side**: that of the positive points; without points, the one that is rarer along the edge of the box.
* **Components**: 4-connected ones of that side under a positive point (all, without points), none under a negative.
* **Video**: threshold and side stay those of the prompted frame; on the next one what hangs together with the last mask
  is kept, at most `REACH_PX` pixels beyond it. Frames before the first prompt stay empty: it cannot look ahead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import (
    Backend,
    Checkpoint,
    Chooser,
    Decoded,
    Device,
    Embedding,
    LoadedModel,
    MaskChoice,
    Precision,
    Prediction,
    Previous,
    PromptKind,
    VideoSession,
)
from bench_cases.errors import StrategyError
from bench_cases.frames import Frame
from bench_cases.models._choose import own_embedding
from bench_cases.models._frame import checked
from bench_cases.models._sam2_prompts import must_be_followable
from bench_cases.prompt import POSITIVE, Prompt
from bench_cases.timing import Clock

REACH_PX: Final = 6
"""How far a structure may grow from one slice to the next."""

Mask = NDArray[np.bool_]

_PROMPTS: Final[tuple[PromptKind, ...]] = ("points", "box", "boxes", "mask")


class Rule(NamedTuple):
    """What counts as the structure: grey values up to `threshold` when `dark`, above it when not."""

    threshold: int
    dark: bool

    def side(self, grey_yx: NDArray[np.uint8]) -> Mask:
        """Return the pixels of the structure's side."""
        return grey_yx <= self.threshold if self.dark else grey_yx > self.threshold


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grey:
    """An embedding that is the frame's grey values ``(Y, X)``."""

    grey_yx: NDArray[np.uint8]

    @property
    def size_yx(self) -> tuple[int, int]:
        """Size of the frame."""
        return self.grey_yx.shape[0], self.grey_yx.shape[1]

    @property
    def nbytes(self) -> int:
        """Bytes held."""
        return self.grey_yx.nbytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Masks:
    """The mask with its holes filled, and as it is: the candidates of ``confident`` and ``first``."""

    masks: tuple[Mask, Mask]

    @property
    def candidates(self) -> int:
        """How many masks there are to choose from."""
        return len(self.masks)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdImage:
    """Image mode."""

    feeds_back: ClassVar[bool] = False

    def embed(self, frame: Frame, *, clock: Clock) -> Grey:
        """Take the grey values; stage ``embed``."""
        with clock.stage("embed"):
            return Grey(grey_yx=np.ascontiguousarray(checked(frame)[..., 0]))

    def decode(self, embedding: Embedding, prompt: Prompt, *, previous: Previous | None = None, clock: Clock) -> Masks:
        """Threshold, and keep the components that the prompt asks for; stage ``predict``.

        Raises
        ------
        StrategyError
            For a mask prompt, a prompt drawn on a frame of another size, or a previous mask.
        """
        own = own_embedding(embedding, Grey, prompt)
        if previous is not None:
            msg = "an earlier mask was given to the threshold baseline; expected none, since it has nothing to refine."
            raise StrategyError(msg)
        with clock.stage("predict"):
            return Masks(masks=_both(wanted(own.grey_yx, prompt, rule_of(own.grey_yx, prompt))))

    def mask_of(self, decoded: Decoded, choice: MaskChoice | int = "single", *, clock: Clock) -> Prediction:
        """Choose one mask; stage ``to_host``."""
        if not isinstance(decoded, Masks):
            msg = f"masks of type {type(decoded).__name__}; expected what decode() of this model returned."
            raise TypeError(msg)
        index = choice if isinstance(choice, int) else 0
        if not 0 <= index < decoded.candidates:
            msg = f"candidate {index} was asked for; expected a number from 0 to {decoded.candidates - 1}."
            raise StrategyError(msg)
        with clock.stage("to_host"):
            return Prediction(decoded.masks[index], 1.0)

    def predict(
        self, embedding: Embedding, prompt: Prompt, *, choice: MaskChoice = "single", clock: Clock
    ) -> Prediction:
        """Decode one prompt and choose one mask."""
        return self.mask_of(self.decode(embedding, prompt, clock=clock), choice, clock=clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdVideo:
    """Video mode."""

    def encode(self, frame: Frame, *, clock: Clock) -> Grey:
        """Take the grey values; stage ``embed``."""
        return ThresholdImage().embed(frame, clock=clock)

    def propagate(
        self,
        video: Sequence[Embedding],
        prompts: Mapping[int, Prompt],
        *,
        size_yx: tuple[int, int],
        choice: MaskChoice = "single",
        choose: Chooser | None = None,
        clock: Clock,
    ) -> Iterator[Prediction]:
        """Carry the mask from frame to frame; stages ``propagate`` and ``to_host``, one sample a frame.

        Raises
        ------
        StrategyError
            When there is no prompt, one lies outside the video or has parts, or a mask comes with points or a box.
        """
        del choice, choose  # there is one mask
        must_be_followable(len(video), prompts)
        return self._walk(video, prompts, size_yx=size_yx, clock=clock)

    def open_session(
        self,
        video: Sequence[Embedding],
        prompts: Mapping[int, Prompt],
        *,
        size_yx: tuple[int, int],
        choice: MaskChoice = "single",
    ) -> VideoSession:
        """Refuse: a walk of this model cannot be corrected by clicks.

        Raises
        ------
        StrategyError
            Always.
        """
        del video, prompts, size_yx, choice
        msg = (
            "clicks in video mode were asked of the threshold baseline; expected a strategy without "
            "clicks, or a model of sam2."
        )
        raise StrategyError(msg)

    def with_memory(self, frames: int) -> ThresholdVideo:  # noqa: ARG002 - see below
        """Return the model as it is: it remembers the last mask alone, however many frames are asked for."""
        return self

    def _walk(
        self, video: Sequence[Embedding], prompts: Mapping[int, Prompt], *, size_yx: tuple[int, int], clock: Clock
    ) -> Iterator[Prediction]:
        rule: Rule | None = None
        mask: Mask = np.zeros((1, 1), bool)
        for position in range(len(video)):
            embedding = video[position]
            if not isinstance(embedding, Grey):
                msg = f"an embedding of type {type(embedding).__name__}; expected one that encode() returned."
                raise TypeError(msg)
            grey, prompt = embedding.grey_yx, prompts.get(position)
            with clock.stage("propagate"):
                if prompt is not None:
                    rule = rule_of(grey, prompt)
                    mask = prompt.mask_yx if prompt.mask_yx is not None else _both(wanted(grey, prompt, rule))[0]
                elif rule is not None:
                    mask = carried(grey, resized(mask, embedding.size_yx), rule)
                else:
                    mask = np.zeros(embedding.size_yx, bool)
            with clock.stage("to_host"):
                prediction = Prediction(resized(mask, size_yx), 1.0)
            yield prediction


def rule_of(grey_yx: NDArray[np.uint8], prompt: Prompt) -> Rule:
    """Return the threshold and side that a prompt asks for."""
    region = grey_yx[_region(prompt)]
    threshold = otsu(region)
    if prompt.mask_yx is None:
        inside = np.array([grey_yx[place] for place, label in _places(prompt) if label == POSITIVE])
    else:
        inside = grey_yx[prompt.mask_yx]
    if inside.size:
        return Rule(threshold, bool(inside.mean() <= threshold))
    edge = np.concatenate([region[0], region[-1], region[:, 0], region[:, -1]])
    return Rule(threshold, bool((edge <= threshold).mean() < 0.5))


def otsu(grey: NDArray[np.uint8]) -> int:
    """Return the grey value, itself on the dark side, that splits a histogram with the greatest variance between sides.

    Otsu, A threshold selection method from gray-level histograms, 1979, equation 18.

    Examples
    --------
    >>> otsu(np.array([10, 10, 12, 200, 202, 202], np.uint8))
    12
    """
    counts = np.bincount(grey.ravel(), minlength=256).astype(float)
    below = np.cumsum(counts)
    sums = np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = (sums * below[-1] - sums[-1] * below) ** 2 / (below * above)
    return int(np.argmax(np.nan_to_num(between, nan=0.0, posinf=0.0)))


def wanted(grey_yx: NDArray[np.uint8], prompt: Prompt, rule: Rule) -> Mask:
    """Return the components of the structure's side that a prompt of points and a box asks for."""
    from scipy import ndimage

    region = _region(prompt)
    components, count = ndimage.label(rule.side(grey_yx[region]))
    keep = np.zeros(count + 1, bool)
    places = [((y - region[0].start, x - region[1].start), label) for (y, x), label in _places(prompt)]
    hits = [(components[place], label) for place, label in places if _within(place, components.shape)]
    keep[1:] = all(label != POSITIVE for _, label in places)
    for component, label in sorted(hits, key=lambda hit: -hit[1]):  # a negative point has the last word
        keep[component] = label == POSITIVE
    keep[0] = False
    mask = np.zeros(grey_yx.shape, bool)
    mask[region] = keep[components]
    return mask


def carried(grey_yx: NDArray[np.uint8], last_yx: Mask, rule: Rule) -> Mask:
    """Return what hangs together with the last mask on the next frame, at most `REACH_PX` beyond it."""
    from scipy import ndimage

    if not last_yx.any():
        return last_yx
    near = ndimage.binary_dilation(last_yx, iterations=REACH_PX)
    components, count = ndimage.label(rule.side(grey_yx) & near)
    keep = np.zeros(count + 1, bool)
    keep[np.unique(components[last_yx])] = True
    keep[0] = False
    kept: Mask = keep[components]
    return _both(kept)[0]


def resized(mask_yx: Mask, size_yx: tuple[int, int]) -> Mask:
    """Return a mask at another size, by the nearest pixel."""
    if mask_yx.shape == size_yx:
        return mask_yx
    rows, columns = (np.arange(new) * old // new for old, new in zip(mask_yx.shape, size_yx, strict=True))
    return mask_yx[np.ix_(rows, columns)]


def _both(mask_yx: Mask) -> tuple[Mask, Mask]:
    """Return a mask with its holes filled (vessels in a lung), and as it is."""
    from scipy import ndimage

    return ndimage.binary_fill_holes(mask_yx), mask_yx


def _region(prompt: Prompt) -> tuple[slice, slice]:
    """Return rows and columns of the box, or of a mask and its surroundings, or of the frame; maxima are inclusive."""
    if prompt.mask_yx is not None and prompt.mask_yx.any():
        rows, columns = (np.flatnonzero(prompt.mask_yx.any(axis=axis)) for axis in (1, 0))
        return (
            slice(max(int(rows[0]) - REACH_PX, 0), int(rows[-1]) + 1 + REACH_PX),
            slice(max(int(columns[0]) - REACH_PX, 0), int(columns[-1]) + 1 + REACH_PX),
        )
    if prompt.box_xyxy is None:
        return slice(0, prompt.size_yx[0]), slice(0, prompt.size_yx[1])
    x0, y0, x1, y1 = (round(edge) for edge in prompt.box_xyxy)
    return slice(y0, y1 + 1), slice(x0, x1 + 1)


def _places(prompt: Prompt) -> list[tuple[tuple[int, int], int]]:
    """Return row and column of each point, and its label."""
    return [((round(y), round(x)), label) for (x, y), label in zip(prompt.points_xy, prompt.labels, strict=True)]


def _within(place: tuple[int, int], shape: tuple[int, ...]) -> bool:
    return all(0 <= index < side for index, side in zip(place, shape, strict=True))


@dataclass(frozen=True, slots=True)
class Threshold:
    """The adapter: there is nothing to read and nothing to build."""

    name: str = "baseline_threshold"

    def architectures(self) -> Sequence[str]:
        """The one that there is."""
        return ("threshold",)

    def modes(self, arch: str) -> tuple[Literal["image", "video"], ...]:  # noqa: ARG002 - there is one
        """Both modes."""
        return ("image", "video")

    def prompts(self, arch: str) -> tuple[PromptKind, ...]:  # noqa: ARG002 - there is one
        """Points, boxes, and masks in video mode; it has nothing to correct by clicks."""
        return _PROMPTS

    def load(self, checkpoint: Checkpoint, path: Path | None, *, device: Device, precision: Precision) -> LoadedModel:  # noqa: ARG002 - nothing to read
        """Return the model; in the place of a digest of weights stands that of this file."""
        return LoadedModel(
            checkpoint=checkpoint,
            image=ThresholdImage(),
            video=ThresholdVideo(),
            device="cpu",
            precision="fp32",
            load_s={"read": 0.0, "build": 0.0, "move": 0.0},
            weights_sha256=hashlib.sha256(Path(__file__).read_bytes()).hexdigest(),
            parameters=0,
            settings={"device": "cpu", "preprocessing": "grey values of the frame", "reach_px": REACH_PX},
        )


BACKEND: Final[Backend] = Threshold()
CHECKPOINTS: Final = (
    Checkpoint(
        name="baseline_threshold",
        backend="baseline_threshold",
        arch="threshold",
        file="",
        size_bytes=0,
        licence="Apache-2.0",
        citation="Otsu, IEEE Trans. Syst. Man Cybern. 9, 62 (1979); this project",
        preprocessing="grey values of the frame",
        prompts=_PROMPTS,
        modes=("image", "video"),
        notes=("No network: what a threshold and connected components make of the same prompts.",),
    ),
)
