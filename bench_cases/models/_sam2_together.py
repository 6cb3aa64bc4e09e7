"""Many walks of SAM 2 advance together: each at its own frame, those with memories of one length as one batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bench_cases.contracts import Device, Embedding, Precision, Prediction, Step, Walk
from bench_cases.memory import is_exhausted
from bench_cases.models._as_alone import as_alone
from bench_cases.models._devices import inference
from bench_cases.models._sam2_image import MASK_THRESHOLD
from bench_cases.models._sam2_step import Memory, gather, step
from bench_cases.models._sam2_walk import FrameFeatures
from bench_cases.timing import Clock

UNDER_WAY: Final = 64
"""Walks that hold a memory at a time: at 1024 pixels some 12 MB each. The others set out as these end."""


@dataclass(slots=True, kw_only=True, eq=False)
class _Walker:
    """A walk under way: what was asked, the library's side of it, and the position of its next frame."""

    number: int
    asked: Walk
    walk: Any
    position: int = 0
    prompts_s: float = 0.0
    twins: list[_Walker] = field(default_factory=list)

    @property
    def served(self) -> tuple[_Walker, ...]:
        """The walk itself, and those that would compute the same."""
        return self, *self.twins

    def is_twin_of(self, other: _Walker) -> bool:
        """Whether all that follows is bound to be equal: same frames ahead, same memory of the prompted ones.

        Another mask choice makes no difference from here on where tracked frames have one candidate only.
        """
        one, two = self.asked, other.asked
        if one.choose is not None or two.choose is not None or one.size_yx != two.size_yx or one.video != two.video:
            return False
        if (self.walk.pick is None) != (other.walk.pick is None) and self.walk._use_multimask(False, None):  # noqa: SLF001
            return False
        mine, theirs = (it.walk.state["output_dict_per_obj"][0]["cond_frame_outputs"] for it in (self, other))
        return mine.keys() == theirs.keys() and all(_equal(mine[at], theirs[at]) for at in mine)

    @property
    def likely_length(self) -> tuple[int, int]:
        """Walks where this is equal are likely to have memories of one length."""
        outputs = self.walk.state["output_dict_per_obj"][0]
        return len(outputs["cond_frame_outputs"]), len(outputs["non_cond_frame_outputs"])


@dataclass(slots=True, kw_only=True, eq=False)
class Together:
    """Advances walks.

    Parameters
    ----------
    start
        Makes a `bench_cases.models._sam2_walk.start_walk` of what was asked, with an empty memory.
    features
        Checks and returns a frame's features.
    at_once
        Most walks in a batch; halved when the device's memory runs out.
    """

    start: Callable[[Walk], Any]
    features: Callable[[Embedding], FrameFeatures]
    device: Device
    precision: Precision
    at_once: int

    def advance(self, walks: Sequence[Walk]) -> Iterator[Step]:
        """Walk every video to its end; what stops one walk stops no other."""
        waiting = deque(_Walker(number=number, asked=asked, walk=None) for number, asked in enumerate(walks))
        under_way: list[_Walker] = []
        while waiting or under_way:
            while waiting and len(under_way) < UNDER_WAY:
                walker = waiting.popleft()
                try:
                    self._set_out(walker)
                except Exception as error:  # noqa: BLE001 - this walk's error, told in its place
                    yield Step(walker.number, error)
                else:
                    ahead = (it for it in under_way if it.position == 0 and walker.is_twin_of(it))
                    twin = next(ahead, None)
                    (under_way if twin is None else twin.twins).append(walker)
            stopped: set[int] = set()
            for batch in self._batches(under_way):
                for taken in self._take(batch):
                    if isinstance(taken.outcome, Exception):
                        stopped.add(taken.number)
                    yield taken
            for walker in under_way:
                walker.position += 1
            under_way = [it for it in under_way if it.number not in stopped and it.position < len(it.asked.video)]

    def _set_out(self, walker: _Walker) -> None:
        """Start a walk and put all its prompts into its memory."""
        asked = walker.asked
        walker.walk = self.start(asked)
        clock = asked.clock.another()
        for position in sorted(asked.prompts):
            features = self.features(asked.video[position])
            with inference(self.device, self.precision), clock.stage("propagate"):
                walker.walk.tell(position, features, asked.prompts[position])
        walker.prompts_s = sum(clock.samples_s["propagate"])

    def _batches(self, under_way: Sequence[_Walker]) -> Iterator[list[_Walker]]:
        """Put walks together that are likely to fit; one whose next frame is a prompted one goes alone."""
        alike: dict[tuple[int, int], list[_Walker]] = {}
        for walker in under_way:
            if walker.position in walker.asked.prompts:
                yield [walker]
            else:
                alike.setdefault(walker.likely_length, []).append(walker)
        for walkers in alike.values():
            todo = list(walkers)
            while todo:
                batch, todo = todo[: self.at_once], todo[self.at_once :]
                yield batch

    def _take(self, batch: Sequence[_Walker]) -> Iterator[Step]:
        """Take the next step of some walks; where several together fail, half of them at a time."""
        parts: Sequence[Sequence[_Walker]] = (batch[: len(batch) // 2], batch[len(batch) // 2 :])
        try:
            taken = self._alone(batch[0]) if len(batch) == 1 else self._several(batch)
        except _UnlikeLengthsError as error:
            taken, parts = [], error.parts
        except Exception as error:  # noqa: BLE001 - of one walk it is that walk's error; of several, one of theirs
            if len(batch) == 1:
                yield from (Step(it.number, error) for it in batch[0].served)
                return
            taken = []
            if is_exhausted(error):
                self.at_once = max(1, len(batch) // 2)
        # Here, and not where it was caught: the error's traceback held what is to be let go.
        if taken:
            yield from taken
        else:
            for part in parts:
                yield from self._take(part)

    def _features(self, walker: _Walker) -> FrameFeatures:
        return self.features(walker.asked.video[walker.position])

    def _alone(self, walker: _Walker) -> list[Step]:
        clock = walker.asked.clock.another()
        features = None if walker.position in walker.asked.prompts else self._features(walker)
        with inference(self.device, self.precision):
            with clock.stage("propagate"):
                logits, iou = walker.walk.track(walker.position, features)
            with clock.stage("to_host"):
                mask_yx = (walker.walk.upscale(logits) > MASK_THRESHOLD)[0, 0].cpu().numpy()
                prediction = Prediction(mask_yx, float(iou))
        return _told([walker], [prediction], clock)

    def _several(self, batch: Sequence[_Walker]) -> list[Step]:
        """Take a step as one batch; the walks remember it when nothing more can fail."""
        size = len(batch)
        clock = batch[0].asked.clock.another()
        features = [self._features(walker) for walker in batch]
        with inference(self.device, self.precision):
            with clock.stage("propagate"):
                memories = [gather(it.walk, it.position, its) for it, its in zip(batch, features, strict=True)]
                parts = _of_one_length(batch, memories)
                if len(parts) > 1:
                    raise _UnlikeLengthsError(parts)
                walks, positions = [it.walk for it in batch], [it.position for it in batch]
                with as_alone(size, device=self.device, precision=self.precision):
                    stepped = step(walks, positions, features, memories)
            with clock.stage("to_host"):
                logits = [stepped.logits[row : row + 1] for row in range(size)]
                full = [(it.upscale(its) > MASK_THRESHOLD)[0, 0] for it, its in zip(walks, logits, strict=True)]
                masks = [mask_yx.cpu().numpy() for mask_yx in full]
                scores = stepped.iou.tolist()
        for row, walker in enumerate(batch):
            walker.walk.remember(walker.position, stepped.outputs[row])
        return _told(batch, [Prediction(*it) for it in zip(masks, scores, strict=True)], clock)


class _UnlikeLengthsError(Exception):
    """Memories of several lengths: the walks go in these parts."""

    def __init__(self, parts: Sequence[Sequence[_Walker]]) -> None:
        super().__init__("memories of several lengths")
        self.parts = parts


def _of_one_length(batch: Sequence[_Walker], memories: Sequence[Memory]) -> list[list[_Walker]]:
    parts: dict[tuple[int, int], list[_Walker]] = {}
    for walker, memory in zip(batch, memories, strict=True):
        parts.setdefault(memory.length, []).append(walker)
    return list(parts.values())


def _told(batch: Sequence[_Walker], predictions: Sequence[Prediction], clock: Clock) -> list[Step]:
    """Say what each walk came to, twins too, and write its share of the step on its clock, as one sample a stage."""
    together = sum(len(walker.served) for walker in batch)
    steps: list[Step] = []
    for walker, prediction in zip(batch, predictions, strict=True):
        for one in walker.served:
            one.asked.clock.share(clock.samples_s, among=together)
            one.asked.clock.samples_s["propagate"][-1] += one.prompts_s  # in the first
            one.prompts_s = 0.0
            steps.append(Step(one.number, prediction, together, len(walker.served)))
    return steps


def _equal(mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> bool:
    import torch

    parts = ("maskmem_features", "obj_ptr", "pred_masks", "iou")
    return all(torch.equal(mine[part], theirs[part]) for part in parts)
