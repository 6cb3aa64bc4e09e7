"""What a model must offer: frames in, embeddings and masks out, in image mode and in video mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bench_cases.frames import Frame
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock

MaskChoice = Literal["single", "confident", "first"]
"""Which of a decoder's masks counts: the single-mask token, the best predicted IoU of three, or the first of three."""

Chooser = Callable[[int, Sequence[NDArray[np.bool_]]], int | None]
"""Chooses among candidates in the place of the model: from the position in the video and the candidate masks, at the
size of the walk's own masks, to the index of the one that counts, or None where the model is to choose by itself.

What it chooses by is its own affair, and no model ever sees it.
"""


class Prediction(NamedTuple):
    """One mask: ``mask_yx`` boolean at the frame's own size, and the model's own estimate of its IoU."""

    mask_yx: NDArray[np.bool_]
    score: float


class Embedding(Protocol):
    """What an image encoder returned for one frame; opaque but for its size."""

    @property
    def size_yx(self) -> tuple[int, int]:
        """Height and width of the frame it was made from."""
        ...

    @property
    def nbytes(self) -> int:
        """Bytes held on the device, so that the engine knows how many it can keep."""
        ...


class Decoded(Protocol):
    """All the masks that a decoder made of one prompt together, still small and on the device; opaque."""

    @property
    def candidates(self) -> int:
        """How many masks ``confident`` and ``first`` choose from."""
        ...


class Previous(NamedTuple):
    """A mask of the same frame to be refined: what was decoded, and which of its masks was looked at."""

    decoded: Decoded
    choice: MaskChoice | int = "single"


@runtime_checkable
class ImageSegmenter(Protocol):
    """A model that segments one frame from a prompt on that frame. Embeddings are values; nothing is kept."""

    @property
    def feeds_back(self) -> bool:
        """Whether the decoder can be given the logits of an earlier mask beside a prompt."""
        ...

    def embed(self, frame: Frame, *, clock: Clock) -> Embedding:
        """Encode a frame; stages ``to_device`` and ``embed``."""
        ...

    def decode(
        self, embedding: Embedding, prompt: Prompt, *, previous: Previous | None = None, clock: Clock
    ) -> Decoded:
        """Decode one prompt on an embedding into all masks that can be chosen; stage ``predict``.

        Parameters
        ----------
        previous
            An earlier mask on the same embedding, whose logits go into the decoder too; for models that `feeds_back`.
        """
        ...

    def mask_of(self, decoded: Decoded, choice: MaskChoice | int = "single", *, clock: Clock) -> Prediction:
        """Choose one mask and bring it, and no other, to the frame's size; stage ``to_host``.

        Parameters
        ----------
        choice
            A rule, or the number of a candidate, from 0.
        """
        ...

    def predict(
        self, embedding: Embedding, prompt: Prompt, *, choice: MaskChoice = "single", clock: Clock
    ) -> Prediction:
        """Decode one prompt and choose one mask: `decode`, then `mask_of`. Equal inputs give equal masks."""
        ...


class CorrectedFrame(Protocol):
    """What a video model remembers of a frame that a click corrected; opaque."""


class VideoSession(Protocol):
    """A walk through one video that can be corrected by clicks and walked again, with all prompts and clicks so far."""

    @property
    def feeds_back(self) -> bool:
        """Whether a click on a frame is decoded together with the logits of that frame's last mask."""
        ...

    def propagate(self, *, clock: Clock) -> Iterator[Prediction]:
        """Walk the video from its first frame to its last; stages ``propagate`` and ``to_host``, one sample a frame.

        The first time gives what `VideoSegmenter.propagate` gives.
        """
        ...

    def correct(self, position: int, click: Prompt, *, clock: Clock) -> CorrectedFrame:
        """Add a click to a frame of a video that was walked, which is a prompted one from then on; stage ``click``.

        Parameters
        ----------
        click
            The new point alone; those before it on the frame are remembered.
        """
        ...

    def adopt(self, position: int, corrected: CorrectedFrame) -> None:
        """Take a frame that was corrected in another session of the same model into this one's memory.

        Parameters
        ----------
        position
            Its place in time; negative, counted from the first frame, for one that this video does not come by.
        """
        ...


@runtime_checkable
class VideoSegmenter(Protocol):
    """A model that carries a prompt from frame to frame through a memory."""

    def encode(self, frame: Frame, *, clock: Clock) -> Embedding:
        """Encode a frame for video mode; stages ``to_device`` and ``embed``. Not interchangeable with `embed`."""
        ...

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
        """Walk `video` from its first frame to its last with a memory of its own, and yield one mask a frame.

        Parameters
        ----------
        video
            Encoded frames in the order in which they are to be seen; only ``len`` and ``[]`` are used, each position
            is asked for when it is reached, and nothing is kept beyond the memory's own needs.
        prompts
            Position in `video` to prompt, at least one. A frame sees the prompts that lie ahead of it too (a single
            ``forward`` pass may start long before its prompt: Dong et al. 2024).
        size_yx
            Size of the masks. A prompt on a frame of another size (a foreign seed) is scaled to it.
        choose
            Asked on each frame, prompted or tracked, where the model has several candidates, before the memory is
            written: what it takes is both the frame's result and what later frames remember. `choice` holds where
            there is one candidate only, or it returns None. Its time is part of ``propagate``.
        clock
            Stages ``propagate`` and ``to_host``, one sample a frame.
        """
        ...

    def open_session(
        self,
        video: Sequence[Embedding],
        prompts: Mapping[int, Prompt],
        *,
        size_yx: tuple[int, int],
        choice: MaskChoice = "single",
    ) -> VideoSession:
        """Open a walk that can be corrected; parameters as of `propagate`. It remembers every frame."""
        ...

    def with_memory(self, frames: int) -> VideoSegmenter:
        """Return a view of the model whose walks keep `frames` frames in memory: prompted ones, and the latest others.

        The model itself, and walks that are under way, stay as they are.

        Raises
        ------
        StrategyError
            When the architecture has no such memory, with the bound that it has.
        """
        ...
