"""The steps that image mode takes with slices, behind one seam: one at a time, or many at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import Choice, Decoded, Embedding
from bench_cases.frames import FrameSequence
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock


class ToDecode(NamedTuple):
    """A prompt on an embedding, and the clock of its rule."""

    embedding: Embedding
    prompt: Prompt
    clock: Clock


class ToPaint(NamedTuple):
    """A mask that is wanted, and the clock of its strategy."""

    choice: Choice
    clock: Clock


class SliceSteps(Protocol):
    """How slices are encoded, prompts decoded and masks brought to the host; in whatever way, the same masks."""

    def embedded(
        self, frames: FrameSequence, slices: Sequence[int], *, clock: Clock
    ) -> AbstractContextManager[Iterator[list[tuple[int, Embedding]]]]:
        """Give the embeddings of `slices` in order, some at a time; stages ``prepare``, ``to_device``, ``embed``."""
        ...

    def decoded(self, asked: Sequence[ToDecode]) -> list[Decoded]:
        """Decode prompts; stage ``predict`` on the clock of each."""
        ...

    def masks(self, asked: Sequence[ToPaint]) -> list[NDArray[np.bool_]]:
        """Choose masks ``(Y, X)`` and bring them to the host; stage ``to_host`` on the clock of each."""
        ...

    def details(self) -> Mapping[str, Any]:
        """Return what a report says of the way that was gone; nothing of the plain one."""
        ...
