"""Every slice tried as the seed: one pass over a volume, each frame encoded once, masks scored and let go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bench_cases.cases import Scores
from bench_cases.contracts import LoadedModel, PromptRule, VideoSegmenter
from bench_cases.engine.draw import draw_prompt
from bench_cases.engine.feature_store import FIRST_SEED_KEY, FeatureStore
from bench_cases.engine.foreign_seed import ForeignSeed
from bench_cases.engine.video_pass import open_store, video_pass
from bench_cases.engine.watch import Watch, nobody
from bench_cases.errors import SambenchError, StrategyError
from bench_cases.frames import Frame, FrameSequence
from bench_cases.metrics import score
from bench_cases.prompting.limits import why_not
from bench_cases.prompting.seeds import NUMBERED
from bench_cases.prompting.strategy import Choice, Direction, Strategy
from bench_cases.seed_library.standing import Trial
from bench_cases.timing import Clock
from bench_cases.volume import Volume


@dataclass(slots=True, kw_only=True)
class SeedSearch:
    """Segments one volume from many seeds; its frames are encoded once for all of them.

    The masks of a seed are scored and forgotten before the next is tried: three hundred seeds of a volume with three
    hundred slices would fill gigabytes.

    Parameters
    ----------
    volume
        The volume that is segmented.
    every
        Try every so many slices with target; a volume's middle slice is always tried.
    feature_budget_bytes
        Room for encoded frames; when it is too small frames are encoded again, which `encoder_runs` shows.
    """

    volume: Volume
    model: LoadedModel
    rules: Mapping[str, PromptRule]
    prompt: str
    direction: Direction
    choice: Choice = "single"
    every: int = 1
    feature_budget_bytes: int
    jpeg: bool = False
    _video: VideoSegmenter = field(init=False)
    _store: FeatureStore = field(init=False)
    _foreign_frames: dict[int, Frame] = field(default_factory=dict, init=False)
    _tried: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if (video := self.model.video) is None:
            name = self.model.checkpoint.name
            msg = f"model {name!r} has no video mode; expected one that carries a prompt through a volume."
            raise StrategyError(msg)
        for seed in (f"{NUMBERED}0", "dataset"):
            reason = why_not(Strategy(seed, self.prompt, self.direction, self.choice), self.rules[self.prompt])
            if reason is not None:
                msg = f"seeds with prompt {self.prompt!r} and mask choice {self.choice!r} cannot be tried: {reason}."
                raise StrategyError(msg)
        self._video = video
        self._store = open_store(
            FrameSequence(volume=self.volume, jpeg=self.jpeg),
            video,
            seed_frames=self._foreign_frames,
            clock=Clock(),
            budget_bytes=self.feature_budget_bytes,
        )

    @property
    def encoder_runs(self) -> int:
        """Frames encoded so far."""
        return self._store.encoder_runs

    def own(self, watch: Watch = nobody) -> Iterator[Trial]:
        """Try the volume's own slices."""
        slices = candidates(self.volume, self.every)
        for number, index in enumerate(slices):
            watch("slices tried as seed", number, len(slices))
            source_index = index + self.volume.slice_offset
            strategy = Strategy(f"{NUMBERED}{source_index}", self.prompt, self.direction, self.choice)
            yield self._trial(self.volume, index, strategy, None)

    def foreign(self, volume: Volume, watch: Watch = nobody) -> Iterator[Trial]:
        """Try the slices of another volume, each put in front of this one."""
        slices = candidates(volume, self.every)
        frames = FrameSequence(volume=volume, jpeg=self.jpeg)
        strategy = Strategy("dataset", self.prompt, self.direction, self.choice)
        for number, index in enumerate(slices):
            watch(f"slices of {volume.id} tried as seed", number, len(slices))
            seed = ForeignSeed(
                dataset=volume.dataset,
                volume=volume.id,
                slice_index=index + volume.slice_offset,
                frame=frames[index],
                prompt=draw_prompt(volume, index, self.rules[self.prompt]),
            )
            yield self._trial(volume, index, strategy, seed)

    def _trial(self, source: Volume, index: int, strategy: Strategy, seed: ForeignSeed | None) -> Trial:
        facts: dict[str, Any] = {
            "volume": source.id,
            "slice_index": index + source.slice_offset,
            "position": position(source, index),
            "middle": index == source.n_slices // 2,
        }
        key = FIRST_SEED_KEY - self._tried
        self._tried += 1
        self._foreign_frames.clear()
        if seed is not None:
            self._foreign_frames[key] = seed.frame
        try:
            scores = self._scores(strategy, seed, key, index)
        except SambenchError as error:
            return Trial(**facts, dice=None, jaccard=None, dice_all=None, failed=str(error))
        return Trial(**facts, dice=scores.dice_nonempty, jaccard=scores.jaccard_nonempty, dice_all=scores.dice_all)

    def _scores(self, strategy: Strategy, seed: ForeignSeed | None, key: int, index: int) -> Scores:
        segmentation = video_pass(
            self.volume,
            self._store,
            self._video,
            strategy,
            rules=self.rules,
            foreign=seed,
            seed_key=key,
            clock=Clock(),
            watch=nobody,
        )
        # A slice prompted with its own reference mask says nothing about the model, here as in a run.
        masked = any(prompt.mask_yx is not None for prompt in segmentation.prompts.values())
        return score(
            self.volume.reference_zyx,
            segmentation.masks_zyx,
            spacing_zyx_mm=self.volume.spacing_zyx_mm,
            leave_out=(index,) if masked and seed is None else (),
        )


def candidates(volume: Volume, every: int) -> list[int]:
    """Return the slices to try: every so many of those with target, and the middle one where it carries some."""
    nonempty = [int(z) for z in volume.nonempty_slices()]
    middle = volume.n_slices // 2
    return sorted({*nonempty[::every], *({middle} & set(nonempty))})


def position(volume: Volume, index: int) -> float | None:
    """Return the normalised position of a slice: 0 at the first with target, 1 at the last."""
    nonempty = volume.nonempty_slices()
    first, last = int(nonempty[0]), int(nonempty[-1])
    return (index - first) / (last - first) if last > first else None
