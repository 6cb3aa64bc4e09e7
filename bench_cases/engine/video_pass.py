"""Video mode: frames are encoded once for all strategies; each propagation walks them with a memory of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from bench_cases.contracts import PromptRule, VideoSegmenter
from bench_cases.engine.feature_store import FIRST_SEED_KEY, FeatureStore
from bench_cases.engine.foreign_seed import ForeignSeed
from bench_cases.engine.passes import plan
from bench_cases.engine.segmentation import Segmentation
from bench_cases.engine.watch import Watch
from bench_cases.frames import Frame, FrameSequence
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
    masks = np.zeros(volume.image_zyx.shape, bool)
    total = sum(len(walk.keys) for walk in passes)
    done = 0
    for walk in passes:
        predictions = model.propagate(
            store.video(walk.keys), {0: walk.prompt}, size_yx=volume.size_yx, choice=strategy.choice, clock=clock
        )
        for key, keep, prediction in zip(walk.keys, walk.keep, predictions, strict=True):
            watch("propagate", done, total)
            done += 1
            if keep:
                masks[key] = prediction.mask_yx
    details: dict[str, Any] = {
        "mode": "video",
        "passes": [_describe(walk.keys) for walk in passes],
        "memory": "one for each pass",
    }
    place = str(volume.n_slices // 2)
    if strategy.foreign and foreign is not None:
        place = "seed" if strategy.seed == "dataset" else place
        details["seed"] = {
            "dataset": foreign.dataset,
            "volume": foreign.volume,
            "slice": foreign.slice_index,
            "size_yx": list(foreign.frame.shape[:2]),
            "own_volume": foreign.dataset == volume.dataset and foreign.volume == volume.id,
        }
    return Segmentation.of(
        masks, strategy=strategy, prompts={place: passes[0].prompt}, timings_s=clock.drain(), details=details
    )


def _describe(keys: tuple[int, ...]) -> str:
    """Name a pass: ``seed, 17..0``."""
    lead = "seed, " if keys[0] < 0 else ""
    own = keys[1:] if lead else keys
    return f"{lead}{own[0]}..{own[-1]}"
