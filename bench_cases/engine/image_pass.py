"""Image mode: every slice with the target is encoded once, and every strategy predicts from that embedding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from bench_cases.contracts import ImageSegmenter, PromptRule
from bench_cases.engine.draw import draw_prompt
from bench_cases.engine.segmentation import Segmentation
from bench_cases.engine.watch import Watch
from bench_cases.frames import FrameSequence
from bench_cases.prompting.strategy import Strategy
from bench_cases.timing import Clock
from bench_cases.volume import Volume


def image_pass(
    volume: Volume,
    frames: FrameSequence,
    model: ImageSegmenter,
    strategies: Sequence[Strategy],
    *,
    rules: Mapping[str, PromptRule],
    clock: Clock,
    watch: Watch,
) -> dict[Strategy, Segmentation]:
    """Segment a volume slice by slice, with one prompt a slice.

    A slice without the target has nothing to draw a prompt from; it is neither encoded nor predicted, and its mask is
    empty by construction (``details["slices_without_prompt"]`` counts them).

    Parameters
    ----------
    clock
        Clock of the model's device; the stages of the encoder are collected on it, those of each strategy on a copy.
    """
    own = {strategy: Clock(synchronise=clock.synchronise, now=clock.now) for strategy in strategies}
    masks = {strategy: np.zeros(volume.image_zyx.shape, bool) for strategy in strategies}
    slices = [int(z) for z in volume.nonempty_slices()]
    prompts = {
        name: {z: draw_prompt(volume, z, rules[name]) for z in slices}
        for name in {strategy.prompt for strategy in strategies}
    }
    for done, z in enumerate(slices):
        watch("embed and predict", done, len(slices))
        with clock.stage("prepare"):
            frame = frames[z]
        embedding = model.embed(frame, clock=clock)
        for strategy in strategies:
            prompt = prompts[strategy.prompt][z]
            prediction = model.predict(embedding, prompt, choice=strategy.choice, clock=own[strategy])
            masks[strategy][z] = prediction.mask_yx
    shared = dict(clock.drain())
    return {
        strategy: Segmentation.of(
            masks[strategy],
            strategy=strategy,
            prompts={str(z): prompts[strategy.prompt][z] for z in slices},
            timings_s={**shared, **own[strategy].drain()},
            shared_stages=tuple(shared) if len(strategies) > 1 else (),
            details={
                "mode": "image",
                "encoder_runs": len(slices),
                "strategies_served": len(strategies),
                "slices_without_prompt": volume.n_slices - len(slices),
            },
        )
        for strategy in strategies
    }
