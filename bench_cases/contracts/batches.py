"""What a model may offer beyond `ImageSegmenter`, each part for itself: many frames, and many prompts, at once.

A model without them is asked frame by frame and prompt by prompt, and gives the same masks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from bench_cases.contracts.models import Decoded, Embedding, MaskChoice, Prediction
from bench_cases.frames import Frame
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock


class HostPixels(Protocol):
    """A frame as a model's encoder wants it, still in the host's memory; opaque but for the size of the frame."""

    @property
    def size_yx(self) -> tuple[int, int]:
        """Height and width of the frame it was made from."""
        ...


@runtime_checkable
class BatchEmbedder(Protocol):
    """A model that encodes many frames in one run, and can have them prepared on another thread meanwhile."""

    def pixels_of(self, frame: Frame) -> HostPixels:
        """Do the host's part of `ImageSegmenter.embed`; in pinned memory where the device can fetch from there.

        Called from any thread.
        """
        ...

    def embed_many(self, pixels: Sequence[HostPixels], *, clock: Clock) -> Sequence[Embedding]:
        """Encode frames, also of several sizes, in one run; stages ``to_device`` and ``embed``, a sample a batch.

        On a CPU in fp32 the embeddings are those of `ImageSegmenter.embed`, bit for bit.
        """
        ...


class Choice(NamedTuple):
    """Which mask is wanted of all that were decoded together."""

    decoded: Decoded
    choice: MaskChoice | int = "single"


@runtime_checkable
class BatchDecoder(Protocol):
    """A model that decodes many prompts in one run, and brings many masks to size and to the host at once."""

    def decode_many(
        self, embeddings: Sequence[Embedding], prompts: Sequence[Prompt], *, clock: Clock
    ) -> Sequence[Decoded]:
        """Decode each prompt on the embedding beside it; stage ``predict``, one sample for all.

        Parameters
        ----------
        prompts
            All with as many points, and all with a box or none. Their embeddings may be one or several.
        """
        ...

    def masks_of(self, choices: Sequence[Choice], *, clock: Clock) -> Sequence[Prediction]:
        """Choose masks and bring them to their frames' sizes; stage ``to_host``, one sample for all."""
        ...
