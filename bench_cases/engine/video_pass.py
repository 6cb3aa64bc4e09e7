"""Video mode: frames are encoded once for all strategies; each propagation walks them with a memory of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bench_cases.contracts import PromptRule, VideoSegmenter
from bench_cases.engine.feature_store import FIRST_SEED_KEY, FeatureStore
from bench_cases.engine.foreign_seed import ForeignSeed
from bench_cases.engine.passes import Pass, plan
from bench_cases.engine.segmentation import Segmentation
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

    def frame(key: int) -> Frame:
        if key in seed_frames:
            return seed_frames[key]
        with clock.stage("prepare"):
            return volume_frames[key]

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
        When the prompt cannot be drawn.
    """
    passes = plan(strategy, volume, rules[strategy.prompt], foreign=foreign, seed_key=seed_key)
    if strategy.choice == "oracle":
        msg = f"strategy '{strategy}' asks for 'oracle' in video mode; expected 'single', 'confident' or 'first' there."
        raise StrategyError(msg)
    masks = np.zeros(volume.image_zyx.shape, bool)
    walks = [(walk, prompts) for walk in passes for prompts in _apart(walk)]
    total = sum(len(walk.keys) for walk, _ in walks)
    done = 0
    for walk, prompts in walks:
        predictions = model.propagate(
            store.video(walk.keys), prompts, size_yx=volume.size_yx, choice=strategy.choice, clock=clock
        )
        for key, keep, prediction in zip(walk.keys, walk.keep, predictions, strict=True):
            watch("propagate", done, total)
            done += 1
            if keep:
                masks[key] |= prediction.mask_yx
    drawn = {key: prompt for walk in passes for key, prompt in walk.prompts.items()}
    details: dict[str, Any] = {
        "mode": "video",
        "direction": strategy.direction,
        "passes": [_describe(walk) for walk in passes],
        "starts_at": passes[0].keys[passes[0].lead],
        "memory": "one for each pass",  # as after a reset: no pass sees what another left behind
    }
    if len(walks) > len(passes):
        details["predicted_apart"] = len(walks) // len(passes)
    if strategy.foreign and foreign is not None:
        details["seed"] = {
            "dataset": foreign.dataset,
            "volume": foreign.volume,
            "slice": foreign.slice_index,
            "size_yx": list(foreign.frame.shape[:2]),
            "own_volume": foreign.comes_from(volume),
            "sha256": foreign.digest(),
        }
    return Segmentation.of(
        masks,
        strategy=strategy,
        prompts={str(key) if key >= 0 else "seed": prompt for key, prompt in sorted(drawn.items())},
        timings_s=clock.drain(),
        details=details,
    )


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


def _describe(walk: Pass) -> str:
    """Name a pass, frames put in front first: ``seed, 17..0``."""
    front = ["seed" if key < 0 else str(key) for key in walk.keys[: walk.lead]]
    own = walk.keys[walk.lead :]
    return ", ".join([*front, f"{own[0]}..{own[-1]}"])
