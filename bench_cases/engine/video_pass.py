"""Video mode: frames are encoded once for all strategies; each propagation walks them with a memory of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bench_cases.contracts import BatchEncoder, Embedding, MaskChoice, Prediction, PromptRule, VideoSegmenter, Walk
from bench_cases.engine.batch_size import MOST, BatchSize
from bench_cases.engine.feature_store import FIRST_SEED_KEY, FeatureStore, Key
from bench_cases.engine.foreign_seed import ForeignSeed
from bench_cases.engine.oracle import Oracle
from bench_cases.engine.packed_masks import PackedMasks
from bench_cases.engine.passes import Pass, plan
from bench_cases.engine.segmentation import Segmentation
from bench_cases.engine.walk_facts import describe_oracle, describe_order, describe_passes, describe_seed
from bench_cases.engine.watch import Watch
from bench_cases.errors import StrategyError
from bench_cases.frames import Frame, FrameSequence
from bench_cases.prompt import Prompt
from bench_cases.prompting.strategy import Strategy
from bench_cases.timing import Clock
from bench_cases.volume import Volume


def open_store(
    volume_frames: FrameSequence,
    model: VideoSegmenter,
    *,
    seed_frames: Mapping[int, Frame],
    clock: Clock,
    budget_bytes: int,
    batch: BatchSize | None = None,
) -> FeatureStore:
    """Return a store that prepares and encodes the frames of a volume on demand.

    Parameters
    ----------
    seed_frames
        Foreign frames by their (negative) key.
    batch
        How many frames to encode in one run, where the model can; None for one.
    """

    def frame(key: Key) -> Frame:
        if isinstance(key, int) and key in seed_frames:
            return seed_frames[key]
        with clock.stage("prepare"):
            return volume_frames.at(key)

    def encode_many(frames: Sequence[Frame]) -> Sequence[Embedding]:
        return batch.over(frames, lambda part: model.encode_many(part, clock=clock))  # type: ignore[union-attr, attr-defined]

    together = batch is not None and not batch.alone and isinstance(model, BatchEncoder)
    return FeatureStore(
        frame=frame,
        encode=lambda it: model.encode(it, clock=clock),
        encode_many=encode_many if together else None,
        budget_bytes=budget_bytes,
        ahead=(batch.wanted or MOST) if batch is not None else 1,
    )


def video_pass(
    volume: Volume,
    store: FeatureStore,
    model: VideoSegmenter,
    strategy: Strategy,
    *,
    rules: Mapping[str, PromptRule],
    foreign: ForeignSeed | None = None,
    seed_key: int = FIRST_SEED_KEY,
    clock: Clock,
    watch: Watch,
) -> Segmentation:
    """Segment a volume from one prompt.

    Raises
    ------
    StrategyError
        When the prompt cannot be drawn, or the walk is not one for such a volume.
    """
    under_way = Undertaking(
        volume, store, strategy, rules[strategy.prompt], foreign=foreign, seed_key=seed_key, clock=clock
    )
    total = sum(len(walk.video) for walk in under_way.walks)
    done = 0
    for number, walk in enumerate(under_way.walks):
        predictions = model.propagate(
            walk.video, walk.prompts, size_yx=walk.size_yx, choice=walk.choice, choose=walk.choose, clock=walk.clock
        )
        for prediction in predictions:
            watch("propagate", done, total)
            done += 1
            under_way.take(number, prediction)
    return under_way.done()


class Undertaking:
    """One strategy on one volume, from its plan to its segmentation: the walks to be made, and what became of them.

    Parameters
    ----------
    clock
        Times the walks.

    Raises
    ------
    StrategyError
        When the prompt cannot be drawn, or the walk is not one for such a volume.
    """

    def __init__(
        self,
        volume: Volume,
        store: FeatureStore,
        strategy: Strategy,
        rule: PromptRule,
        *,
        foreign: ForeignSeed | None = None,
        seed_key: int = FIRST_SEED_KEY,
        clock: Clock,
    ) -> None:
        self.volume, self.strategy, self.foreign, self.clock = volume, strategy, foreign, clock
        self.passes = plan(strategy, volume, rule, foreign=foreign, seed_key=seed_key)
        choice: MaskChoice = "confident" if strategy.choice == "oracle" else strategy.choice
        self.walks: list[Walk] = []
        self._oracles: list[Oracle] = []
        self._steps: list[Iterator[tuple[Key, bool]]] = []
        self._masks = PackedMasks(volume.image_zyx.shape)
        self._together: list[int] = []
        self._alike = 1
        for walk, prompts in [(one, prompts) for one in self.passes for prompts in _apart(one)]:
            oracle = Oracle(reference_zyx=volume.reference_zyx, keys=walk.keys) if strategy.choice == "oracle" else None
            self._oracles += [] if oracle is None else [oracle]
            self._steps.append(zip(walk.keys, walk.keep, strict=True))
            self.walks.append(
                Walk(
                    video=store.video(walk.keys),
                    prompts=prompts,
                    size_yx=volume.size_yx,
                    choice=choice,
                    choose=oracle,
                    clock=clock,
                )
            )

    def take(self, number: int, prediction: Prediction, *, together: int = 1, alike: int = 1) -> None:
        """Take the next prediction of a walk, and how many walks were advanced with it, and how many computed once."""
        key, keep = next(self._steps[number])
        self._together.append(together)
        self._alike = max(self._alike, alike)
        if keep:
            self._masks.paint(int(key), prediction.mask_yx)

    def done(self, *, volumes: int = 1) -> Segmentation:
        """Return the segmentation, when every walk came to its end.

        Parameters
        ----------
        volumes
            How many volumes had walks among those that advanced together.
        """
        details = details_of(self.strategy, self.passes, self.volume, self.foreign)
        if len(self.walks) > len(self.passes):
            details["predicted_apart"] = len(self.walks) // len(self.passes)
        most = max(self._together, default=1)
        if most > 1:
            mean = sum(self._together) / len(self._together)
            details["propagated_together"] = {"most": most, "mean": round(mean, 2), "timings": "shares of a batch"}
            if volumes > 1:
                details["propagated_together"]["volumes"] = volumes
            if self._alike > 1:
                details["propagated_together"]["equal_walks"] = self._alike
        return Segmentation.collected(
            self._masks,
            strategy=self.strategy,
            prompts=drawn_in(self.passes),
            timings_s=self.clock.drain(),
            details={**details, **describe_oracle(self._oracles)},
        )


def drawn_in(passes: Sequence[Pass]) -> dict[str, Prompt]:
    """Return the prompts of all passes by slice index as text, ``"seed"`` for a foreign frame."""
    drawn = {key: prompt for walk in passes for key, prompt in walk.prompts.items()}
    return {str(key) if key >= 0 else "seed": prompt for key, prompt in sorted(drawn.items())}


def details_of(
    strategy: Strategy, passes: Sequence[Pass], volume: Volume, foreign: ForeignSeed | None
) -> dict[str, Any]:
    """Return what a report says of the passes, of the order of a set, and of a foreign seed."""
    return {
        "mode": "video",
        "direction": strategy.direction,
        **describe_passes(passes),
        **describe_order(volume, passes),
        **(describe_seed(foreign, volume) if strategy.foreign and foreign is not None else {}),
    }


def _apart(walk: Pass) -> list[dict[int, Prompt]]:
    """Return the prompts of each walk that a pass takes: several where a prompt has parts to be predicted apart.

    Raises
    ------
    StrategyError
        When prompts of several frames have parts, which cannot be told to belong together.
    """
    prompts = walk.by_position
    if all(len(prompt.parts) == 1 for prompt in prompts.values()):
        return [prompts]
    if len(prompts) > 1:
        msg = (
            f"several boxes on each of the slices {sorted(walk.prompts)}; expected them on one slice only, because "
            "those of several slices cannot be told to belong together."
        )
        raise StrategyError(msg)
    ((position, prompt),) = prompts.items()
    return [{position: part} for part in prompt.parts]
