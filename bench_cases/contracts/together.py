"""What a video model may offer beyond `VideoSegmenter`, each part for itself: many frames, and many walks, at once.

A model without them is asked frame by frame and walk by walk, and gives the same masks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

from bench_cases.contracts.models import Chooser, Embedding, MaskChoice, Prediction
from bench_cases.frames import Frame
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Walk:
    """One propagation to be made; the fields are the parameters of `VideoSegmenter.propagate`."""

    video: Sequence[Embedding]
    prompts: Mapping[int, Prompt]
    size_yx: tuple[int, int]
    choice: MaskChoice = "single"
    choose: Chooser | None = None
    clock: Clock


class Step(NamedTuple):
    """What one walk came to at its next frame.

    Parameters
    ----------
    number
        Of the walk, among those that were given.
    outcome
        The prediction; or what stopped the walk, of which nothing follows then.
    together
        How many walks took this step as one batch.
    alike
        How many of them are bound to be equal to this one, itself included, and were computed once.
    """

    number: int
    outcome: Prediction | Exception
    together: int = 1
    alike: int = 1


@runtime_checkable
class BatchPropagator(Protocol):
    """A video model that advances independent walks as one batch."""

    def propagate_many(self, walks: Sequence[Walk], *, at_once: int) -> Iterator[Step]:
        """Walk every video to its end; of each walk one step a frame, in order, those of several walks interleaved.

        Parameters
        ----------
        at_once
            Most walks in one batch; gives way where memory runs out. With 1 this is `VideoSegmenter.propagate`, walk
            after walk.

        Notes
        -----
        A sample of a stage is the walk's share: the time of the batch, divided by the walks in it. Walks
        that are bound to be equal may be computed once. On a CPU in fp32
        the masks are those of `VideoSegmenter.propagate`; the scores are too, to a last bit.
        """
        ...


@runtime_checkable
class BatchEncoder(Protocol):
    """A video model that encodes many frames in one run."""

    def encode_many(self, frames: Sequence[Frame], *, clock: Clock) -> Sequence[Embedding]:
        """Encode frames, also of several sizes; stages ``to_device`` and ``embed``, one sample (a share) a frame.

        On a CPU in fp32 the embeddings are those of `VideoSegmenter.encode`, bit for bit.
        """
        ...
