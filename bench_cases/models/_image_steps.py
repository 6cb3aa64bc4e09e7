"""Image mode, the same for every library: check, time, encode, decode and choose, around a few steps of its own.

A library is a type of embedding and these hooks: pixels of a frame, encoder, decoder, masks at the frame's size and,
where it has one, its own way to the single mask. Frames are encoded, and prompts decoded, one or many in a run.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from bench_cases.contracts import (
    Choice,
    Decoded,
    Device,
    Embedding,
    HostPixels,
    MaskChoice,
    Precision,
    Prediction,
    Previous,
)
from bench_cases.frames import Frame
from bench_cases.models._choose import AllMasks, E, choose, earlier_logits, own_embedding, own_masks, single_token
from bench_cases.models._devices import inference
from bench_cases.models._frame import checked
from bench_cases.models._together import Pixels, joined, masks_of, must_be_alike, own_pixels, split
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageSteps(ABC, Generic[E]):
    """Segments single frames with a network; holds it and nothing else.

    Meets `bench_cases.contracts.ImageSegmenter`, `BatchEmbedder` and `BatchDecoder`. All logits of N prompts are
    ``(N, 1 + M, S/4, S/4)``, predicted IoU ``(N, 1 + M)``, the single-mask token first, S the model's image size.
    """

    module: Any
    device: Device
    precision: Precision
    feeds_back: ClassVar[bool] = True

    # ------------------------------------------------------------ what a library has of its own

    @property
    @abstractmethod
    def _embedding_type(self) -> type[E]:
        """What tells this model's embeddings from those of others."""

    @abstractmethod
    def _pixels(self, frame: Frame) -> Pixels:
        """Resize a frame that was checked, on the host."""

    def _on_device(self, pixels: Sequence[Pixels]) -> Tensor:
        """Return the encoder's input ``(N, 3, S, S)``."""
        return joined(one.tensor.to(self.device, non_blocking=True) for one in pixels)

    @abstractmethod
    def _encode(self, pixels: Sequence[Pixels], batch: Tensor) -> list[E]:
        """Encode ``(N, 3, S, S)``, made of these pixels, into an embedding a frame."""

    def _must_take(self, prompt: Prompt, previous: Previous | None) -> None:
        """Refuse a prompt that the model was not made for; most are made for any."""

    @abstractmethod
    def _decode(
        self, embeddings: Sequence[E], prompts: Sequence[Prompt], earlier: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Return logits and predicted IoU of all masks, a row for each prompt on the embedding beside it.

        Parameters
        ----------
        prompts
            Alike: as many points, and a box or none.
        earlier
            Logits ``(1, 1, S/4, S/4)`` of an earlier mask, for a single prompt.
        """

    def _single(self, logits: Tensor, iou: Tensor) -> tuple[Tensor, Tensor]:
        """Return the single mask of each row: ``(N, 1, S/4, S/4)`` and ``(N, 1)``."""
        return single_token(logits, iou)

    @abstractmethod
    def _at_full_size(self, embedding: E, logits: Tensor) -> Tensor:
        """Return boolean masks ``(N, 1, Y, X)`` of the embedding's frame size from logits ``(N, 1, S/4, S/4)``."""

    # ------------------------------------------------------------ what all do alike

    def embed(self, frame: Frame, *, clock: Clock) -> E:
        """Encode a frame; stages ``to_device``, which includes what `pixels_of` does, and ``embed``.

        Raises
        ------
        DataError
            For a frame that is not ``uint8 (Y, X, 3)``.
        """
        with inference(self.device, self.precision):
            with clock.stage("to_device"):
                pixels = [self._pixels(checked(frame))]
                batch = self._on_device(pixels)
            with clock.stage("embed"):
                (embedding,) = self._encode(pixels, batch)
        return embedding

    def pixels_of(self, frame: Frame) -> Pixels:
        """Resize a frame, on the host; raises what `embed` does."""
        return self._pixels(checked(frame)).pinned(self.device)

    def embed_many(self, pixels: Sequence[HostPixels], *, clock: Clock) -> list[E]:
        """Encode frames in one run; stages ``to_device`` and ``embed``.

        Raises
        ------
        TypeError
            For pixels that another library prepared.
        """
        own = own_pixels(pixels)
        with inference(self.device, self.precision):
            with clock.stage("to_device"):
                batch = self._on_device(own)
            with clock.stage("embed"):
                return self._encode(own, batch)

    def decode(
        self, embedding: Embedding, prompt: Prompt, *, previous: Previous | None = None, clock: Clock
    ) -> AllMasks[E]:
        """Decode one prompt on an embedding into the single mask and the candidates; stage ``predict``.

        Raises
        ------
        StrategyError
            For a mask prompt, a prompt drawn on a frame of another size or that the model does not take, or a previous
            mask of another frame.
        TypeError
            For an embedding of another model or of video mode.
        """
        own = self._own(embedding, prompt, previous)
        with inference(self.device, self.precision), clock.stage("predict"):
            logits, iou = self._decode([own], [prompt], earlier_logits(previous, own, self._single))
        return AllMasks(embedding=own, logits=logits, iou=iou)

    def decode_many(
        self, embeddings: Sequence[Embedding], prompts: Sequence[Prompt], *, clock: Clock
    ) -> list[AllMasks[E]]:
        """Decode each prompt on the embedding beside it, in one run; stage ``predict``.

        Raises what `decode` does, and `StrategyError` for prompts of different shapes.
        """
        must_be_alike(prompts)
        own = [self._own(embedding, prompt, None) for embedding, prompt in zip(embeddings, prompts, strict=True)]
        with inference(self.device, self.precision), clock.stage("predict"):
            return split(own, *self._decode(own, prompts, None))

    def mask_of(self, decoded: Decoded, choice: MaskChoice | int = "single", *, clock: Clock) -> Prediction:
        """Choose one mask and bring it to the frame's size; stage ``to_host``.

        Raises
        ------
        StrategyError
            For the number of a candidate that is not there.
        TypeError
            For what another model decoded.
        """
        masks = own_masks(decoded, self._embedding_type)
        with inference(self.device, self.precision), clock.stage("to_host"):
            logits, iou = choose(masks, choice, self._single)
            return Prediction(self._at_full_size(masks.embedding, logits)[0, 0].cpu().numpy(), float(iou))

    def masks_of(self, choices: Sequence[Choice], *, clock: Clock) -> list[Prediction]:
        """Choose masks and bring them to their frames' sizes; stage ``to_host``. Raises what `mask_of` does."""
        with inference(self.device, self.precision), clock.stage("to_host"):
            return masks_of(choices, self._embedding_type, self._single, self._at_full_size)

    def predict(
        self, embedding: Embedding, prompt: Prompt, *, choice: MaskChoice = "single", clock: Clock
    ) -> Prediction:
        """Decode one prompt and choose one mask; raises what `decode` does."""
        return self.mask_of(self.decode(embedding, prompt, clock=clock), choice, clock=clock)

    def _own(self, embedding: Embedding, prompt: Prompt, previous: Previous | None) -> E:
        own = own_embedding(embedding, self._embedding_type, prompt)
        self._must_take(prompt, previous)
        return own
