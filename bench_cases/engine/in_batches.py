"""Image mode for throughput: frames prepared on another thread, encoded and decoded many at once.

What is timed is the whole of a batch; each slice, prompt and mask has its share of that, and the report says so. Frames
are prepared while the device works: that time overlaps with the rest, and does not add to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import (
    BatchDecoder,
    BatchEmbedder,
    Decoded,
    Embedding,
    HostPixels,
    ImageSegmenter,
    Prediction,
)
from bench_cases.engine.ahead import made_ahead
from bench_cases.engine.batch_size import MOST, BatchSize
from bench_cases.engine.one_by_one import OneByOne
from bench_cases.engine.slice_steps import ToDecode, ToPaint
from bench_cases.frames import Frame, FrameSequence
from bench_cases.timing import Clock

A = TypeVar("A", ToDecode, ToPaint)
R = TypeVar("R")

PROMPTS_AT_ONCE: Final = 64
"""Prompts in one decoder run: at 1024 pixels each brings an image of 1 MiB along, and takes some ten for its work."""

PIXELS_AT_ONCE: Final = 64 * 1024**2
"""Pixels of masks in one transfer; upscaled, before they are bits, each takes a dozen bytes."""


@dataclass(slots=True, kw_only=True)
class InBatches:
    """Takes the steps of many slices at once, where the model can.

    Parameters
    ----------
    frames_at_once
        How many frames go through the encoder in one run.
    decode_together
        Whether prompts are decoded, and masks brought to the host, together. Not wanted on a CPU: frames encoded
        together have the bits of each alone there, and prompts decoded together have not (a product with one row
        takes another kernel than one with several).
    frame_px
        Pixels of a frame.
    """

    model: ImageSegmenter
    frames_at_once: BatchSize
    decode_together: bool
    frame_px: int
    embedder: BatchEmbedder = field(init=False)
    decoder: BatchDecoder | None = field(init=False)
    prompts_at_once: BatchSize = field(init=False)
    masks_at_once: BatchSize = field(init=False)

    def __post_init__(self) -> None:
        memory = self.frames_at_once.memory
        if isinstance(self.model, BatchEmbedder):
            self.embedder = self.model
        else:
            self.embedder, self.frames_at_once = _FrameByFrame(self.model), BatchSize(wanted=1)
        self.decoder = self.model if self.decode_together and isinstance(self.model, BatchDecoder) else None
        self.prompts_at_once = BatchSize(wanted=PROMPTS_AT_ONCE, memory=memory)
        self.masks_at_once = BatchSize(wanted=max(1, PIXELS_AT_ONCE // self.frame_px), memory=memory)

    @contextmanager
    def embedded(
        self, frames: FrameSequence, slices: Sequence[int], *, clock: Clock
    ) -> Iterator[Iterator[list[tuple[int, Embedding]]]]:
        """Encode as many slices at once as there are to be, from frames that were prepared a batch ahead."""
        host = Clock(now=clock.now)  # does not wait for the device, which is at work on other slices

        def pixels_of(z: int) -> HostPixels:
            with host.stage("prepare"):
                return self.embedder.pixels_of(frames[z])

        def embed(pixels: Sequence[HostPixels]) -> Sequence[Embedding]:
            once = clock.another()
            embeddings = self.embedder.embed_many(pixels, clock=once)
            clock.share_out(once, len(pixels))
            return embeddings

        def batches(prepared: Iterator[HostPixels]) -> Iterator[list[tuple[int, Embedding]]]:
            rest = iter(slices)
            while part := list(islice(prepared, self.frames_at_once.following)):
                yield list(zip(islice(rest, len(part)), self.frames_at_once.over(part, embed), strict=True))

        with made_ahead(pixels_of, slices, depth=self.frames_at_once.size or MOST) as prepared:
            yield batches(prepared)
        clock.samples_s.update(host.drain())

    def decoded(self, asked: Sequence[ToDecode]) -> list[Decoded]:
        """Decode together what is alike: as many points, and a box or none."""
        if self.decoder is None:
            return OneByOne(self.model).decoded(asked)
        decode_many = self.decoder.decode_many

        def run(part: Sequence[ToDecode], clock: Clock) -> Sequence[Decoded]:
            return decode_many([it.embedding for it in part], [it.prompt for it in part], clock=clock)

        alike: dict[tuple[int, bool], list[int]] = {}
        for index, (_, prompt, _) in enumerate(asked):
            alike.setdefault((len(prompt.points_xy), prompt.box_xyxy is not None), []).append(index)
        found: dict[int, Decoded] = {}
        for indices in alike.values():
            found.update(
                zip(
                    indices, self.prompts_at_once.over([asked[it] for it in indices], _timed_together(run)), strict=True
                )
            )
        return [found[index] for index in range(len(asked))]

    def masks(self, asked: Sequence[ToPaint]) -> list[NDArray[np.bool_]]:
        """Bring many masks to the host in one transfer."""
        if self.decoder is None:
            return OneByOne(self.model).masks(asked)
        masks_of = self.decoder.masks_of

        def run(part: Sequence[ToPaint], clock: Clock) -> Sequence[Prediction]:
            return masks_of([it.choice for it in part], clock=clock)

        return [prediction.mask_yx for prediction in self.masks_at_once.over(asked, _timed_together(run))]

    def details(self) -> Mapping[str, Any]:
        """Say what overlapped, what was together, and which samples are shares of a batch."""
        together, frames = self.decoder is not None, self.frames_at_once
        encoded = ["to_device", "embed"] if frames.following > 1 or frames.halvings else []
        shares = [*encoded, *(["predict", "to_host"] if together else [])]
        return {
            "batch": {**frames.to_json(), "decoded_together": together, "shares": shares},
            "overlapped": ["prepare"],
        }


@dataclass(frozen=True, slots=True)
class _Plain:
    """A frame as it is."""

    frame: Frame

    @property
    def size_yx(self) -> tuple[int, int]:
        return self.frame.shape[0], self.frame.shape[1]


@dataclass(frozen=True, slots=True)
class _FrameByFrame:
    """Stands in where a model encodes one frame at a time: what is prepared ahead is then the frame alone."""

    model: ImageSegmenter

    def pixels_of(self, frame: Frame) -> HostPixels:
        return _Plain(frame)

    def embed_many(self, pixels: Sequence[HostPixels], *, clock: Clock) -> Sequence[Embedding]:
        return [self.model.embed(one.frame, clock=clock) for one in pixels if isinstance(one, _Plain)]


def _timed_together(run: Callable[[Sequence[A], Clock], Sequence[R]]) -> Callable[[Sequence[A]], Sequence[R]]:
    """Time `run` once for all that goes in, and give the clock of each its equal share of that time."""

    def timed(part: Sequence[A]) -> Sequence[R]:
        once = part[0].clock.another()
        results = run(part, once)
        for stage, samples in once.drain().items():
            for it in part:
                it.clock.samples_s.setdefault(stage, []).append(sum(samples) / len(part))
        return results

    return timed
