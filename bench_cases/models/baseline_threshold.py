"""A baseline without a network: a grey-value threshold and connected components, under the same prompts as the models.

What it scores is what a task gives away for nothing. A model that does not beat it has shown nothing on that task, and
a task on which it scores high says little about models. It stands in the tables as a row of its own, marked BASELINE.

* **Threshold**: Otsu's (1979) between dark and bright, in the box or, without one, in the frame.
* **Side**: that of the positive points; without points, the one that is rarer along the edge of the box.
* **Components**: 4-connected ones of that side under a positive point (without one, all); a negative point
  takes away a component that no positive one names. So the centre of a box, which ``composite`` marks as negative, does
  not undo a structure of one part.
* **Video**: threshold and side stay those of the prompted frame; on the next one what hangs together with the last mask
  is kept, at most `REACH_PX` pixels beyond it. Frames before the first prompt stay empty: it cannot look ahead.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final, Literal

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
    WalkLimits,
)
from bench_cases.errors import StrategyError
from bench_cases.frames import Frame
from bench_cases.models import _limits
from bench_cases.models._choose import of_own_kind, own_embedding
from bench_cases.models._frame import checked
from bench_cases.models._sam2_prompts import must_be_followable, no_clicks
from bench_cases.models._threshold import REACH_PX, Mask, Rule, carried, filled, resized, rule_of, wanted
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock

_PROMPTS: Final[tuple[PromptKind, ...]] = ("points", "box", "boxes", "mask")


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
            return Masks(masks=filled(wanted(own.grey_yx, prompt, rule_of(own.grey_yx, prompt))))

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
        raise no_clicks("the threshold baseline")

    def with_memory(self, frames: int) -> ThresholdVideo:  # noqa: ARG002 - see below
        """Return the model as it is: it remembers the last mask alone, however many frames are asked for."""
        return self

    def _walk(
        self, video: Sequence[Embedding], prompts: Mapping[int, Prompt], *, size_yx: tuple[int, int], clock: Clock
    ) -> Iterator[Prediction]:
        rule: Rule | None = None
        mask: Mask = np.zeros((1, 1), bool)
        for position in range(len(video)):
            embedding = of_own_kind(video[position], Grey, made_by="encode")
            grey, prompt = embedding.grey_yx, prompts.get(position)
            with clock.stage("propagate"):
                if prompt is not None:
                    rule = rule_of(grey, prompt)
                    mask = prompt.mask_yx if prompt.mask_yx is not None else filled(wanted(grey, prompt, rule))[0]
                elif rule is not None:
                    mask = carried(grey, resized(mask, embedding.size_yx), rule)
                else:
                    mask = np.zeros(embedding.size_yx, bool)
            with clock.stage("to_host"):
                prediction = Prediction(resized(mask, size_yx), 1.0)
            yield prediction


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

    def limits(self, arch: str) -> WalkLimits:  # noqa: ARG002 - there is one
        """No walk can be corrected by clicks."""
        return _limits.THRESHOLD

    def load(self, checkpoint: Checkpoint, path: Path | None, *, device: Device, precision: Precision) -> LoadedModel:  # noqa: ARG002 - nothing to read
        """Return the model; in the place of a digest of weights stands that of its code."""
        return LoadedModel(
            checkpoint=checkpoint,
            image=ThresholdImage(),
            video=ThresholdVideo(),
            device="cpu",
            precision="fp32",
            load_s={"read": 0.0, "build": 0.0, "move": 0.0},
            weights_sha256=_own_digest(),
            parameters=0,
            settings={"device": "cpu", "preprocessing": "grey values of the frame", "reach_px": REACH_PX},
        )


def _own_digest() -> str:
    here = Path(__file__)
    return hashlib.sha256(here.read_bytes() + here.with_name("_threshold.py").read_bytes()).hexdigest()


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
        limits=_limits.THRESHOLD,
        modes=("image", "video"),
        notes=("No network: what a threshold and connected components make of the same prompts.",),
    ),
)
