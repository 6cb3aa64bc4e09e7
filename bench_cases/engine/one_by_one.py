"""Image mode slice by slice and prompt by prompt, each stage timed for itself: how a user at a screen meets a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import Decoded, Embedding, ImageSegmenter
from bench_cases.engine.slice_steps import ToDecode, ToPaint
from bench_cases.frames import FrameSequence
from bench_cases.timing import Clock


@dataclass(frozen=True, slots=True)
class OneByOne:
    """Takes each step alone: the `bench_cases.engine.slice_steps.SliceSteps` that any model can take."""

    model: ImageSegmenter

    @contextmanager
    def embedded(
        self, frames: FrameSequence, slices: Sequence[int], *, clock: Clock
    ) -> Iterator[Iterator[list[tuple[int, Embedding]]]]:
        """Prepare and encode one slice at a time, when it is asked for."""

        def one_each() -> Iterator[list[tuple[int, Embedding]]]:
            for z in slices:
                with clock.stage("prepare"):
                    frame = frames[z]
                yield [(z, self.model.embed(frame, clock=clock))]

        yield one_each()

    def decoded(self, asked: Sequence[ToDecode]) -> list[Decoded]:
        """Decode one prompt at a time."""
        return [self.model.decode(embedding, prompt, clock=clock) for embedding, prompt, clock in asked]

    def masks(self, asked: Sequence[ToPaint]) -> list[NDArray[np.bool_]]:
        """Bring one mask at a time to the host."""
        return [self.model.mask_of(*choice, clock=clock).mask_yx for choice, clock in asked]

    def details(self) -> Mapping[str, Any]:
        """Nothing: stages that are timed one by one need no explanation."""
        return {}
