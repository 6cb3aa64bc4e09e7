"""Video mode: frames are encoded once for all strategies; each propagation walks them with a memory of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bench_cases.contracts import MaskChoice, PromptRule, VideoSegmenter
from bench_cases.engine.feature_store import FIRST_SEED_KEY, FeatureStore, Key
from bench_cases.engine.foreign_seed import ForeignSeed
from bench_cases.engine.oracle import Oracle
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
) -> FeatureStore:
    """Return a store that prepares and encodes the frames of a volume on demand.

    Parameters
    ----------
    seed_frames
        Foreign frames by their (negative) key.
    """

    def frame(key: Key) -> Frame:
        if isinstance(key, int) and key in seed_frames:
            return seed_frames[key]
        with clock.stage("prepare"):
            return volume_frames.at(key)

    return FeatureStore(frame=frame, encode=lambda it: model.encode(it, clock=clock), budget_bytes=budget_bytes)


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
    passes = plan(strategy, volume, rules[strategy.prompt], foreign=foreign, seed_key=seed_key)
    choice: MaskChoice = "confident" if strategy.choice == "oracle" else strategy.choice
    oracles: list[Oracle] = []
    masks = np.zeros(volume.image_zyx.shape, bool)
    walks = [(walk, prompts) for walk in passes for prompts in _apart(walk)]
    total = sum(len(walk.keys) for walk, _ in walks)
    done = 0
    for walk, prompts in walks:
        oracle = Oracle(reference_zyx=volume.reference_zyx, keys=walk.keys) if strategy.choice == "oracle" else None
        oracles += [] if oracle is None else [oracle]
        predictions = model.propagate(
            store.video(walk.keys), prompts, size_yx=volume.size_yx, choice=choice, choose=oracle, clock=clock
        )
        for key, keep, prediction in zip(walk.keys, walk.keep, predictions, strict=True):
            watch("propagate", done, total)
            done += 1
            if keep:
                masks[int(key)] |= prediction.mask_yx
    details = details_of(strategy, passes, volume, foreign)
    if len(walks) > len(passes):
        details["predicted_apart"] = len(walks) // len(passes)
    return Segmentation.of(
        masks,
        strategy=strategy,
        prompts=drawn_in(passes),
        timings_s=clock.drain(),
        details={**details, **describe_oracle(oracles)},
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
