"""A segmenter for tests of walks that advance together: it meets `BatchPropagator`, and notes who went with whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch

from bench_cases.contracts import Embedding, Step, Walk
from bench_cases.frames import Frame
from bench_cases.timing import Clock
from tests.fakes import BrightSegmenter, FrameEmbedding


@dataclass(slots=True)
class WalkingSegmenter(BrightSegmenter):
    """Takes one step of each walk in turn; `together` holds how many walks each run was given.

    Parameters
    ----------
    holds
        More walks than that are too many for its memory.
    broken_corner
        A frame with this grey value in its corner cannot be encoded.
    stumbles
        Whether several walks at once end in an error that is nobody's own.
    """

    holds: int = 100
    broken_corner: int | None = None
    stumbles: bool = False
    together: list[int] = field(default_factory=list)

    def encode(self, frame: Frame, *, clock: Clock) -> FrameEmbedding:
        if int(frame[0, 0, 0]) == self.broken_corner:
            msg = "the frame cannot be encoded"
            raise ValueError(msg)
        return BrightSegmenter.embed(self, frame, clock=clock)

    def propagate_many(self, walks: Sequence[Walk], *, at_once: int) -> Iterator[Step]:
        assert at_once > 1
        self.together.append(len(walks))
        if self.stumbles and len(walks) > 2:
            msg = "the batch fell over"
            raise RuntimeError(msg)
        under_way = {number: self._steps(walk) for number, walk in enumerate(walks)}
        for position in range(max(len(walk.video) for walk in walks)):
            under_way = {it: steps for it, steps in under_way.items() if position < len(walks[it].video)}
            size = len(under_way)
            for number, steps in list(under_way.items()):
                try:
                    if len(walks) > self.holds:
                        msg = "CUDA out of memory"
                        raise torch.OutOfMemoryError(msg)  # noqa: TRY301 - told as the walk's own end
                    yield Step(number, next(steps), size)
                except Exception as error:  # noqa: BLE001 - as the protocol has it
                    del under_way[number]
                    yield Step(number, error)

    def _steps(self, walk: Walk) -> Iterator:
        video: Sequence[Embedding] = walk.video
        return self.propagate(
            video, walk.prompts, size_yx=walk.size_yx, choice=walk.choice, choose=walk.choose, clock=walk.clock
        )
