"""Image mode: every slice with the target is encoded once, and every strategy predicts from that embedding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import Embedding, ImageSegmenter, Prediction, PromptRule
from bench_cases.engine.draw import draw_prompt
from bench_cases.engine.oracle import ORACLE, match
from bench_cases.engine.segmentation import Segmentation
from bench_cases.engine.watch import Watch
from bench_cases.frames import FrameSequence
from bench_cases.prompt import Prompt
from bench_cases.prompting.strategy import Choice, Strategy
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

    With ``oracle`` the candidates are compared with the reference here, so that no model ever sees it.

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
            masks[strategy][z] = _predict(
                model, embedding, prompt, strategy.choice, reference_yx=volume.reference_zyx[z], clock=own[strategy]
            )
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
                **({"upper_bound": ORACLE} if strategy.choice == "oracle" else {}),
            },
        )
        for strategy in strategies
    }


def _predict(
    model: ImageSegmenter,
    embedding: Embedding,
    prompt: Prompt,
    choice: Choice,
    *,
    reference_yx: NDArray[np.bool_],
    clock: Clock,
) -> NDArray[np.bool_]:
    """Return the mask of one slice; parts of a prompt are predicted apart and joined by union."""
    if choice != "oracle":
        return _union([model.predict(embedding, part, choice=choice, clock=clock) for part in prompt.parts])
    candidates = [model.candidates(embedding, part, clock=clock) for part in prompt.parts]
    unions = [_union(chosen) for chosen in product(*candidates)]
    return max(unions, key=lambda mask: match(mask, reference_yx))  # the first on ties


def _union(predictions: Sequence[Prediction]) -> NDArray[np.bool_]:
    union: NDArray[np.bool_] = np.logical_or.reduce([prediction.mask_yx for prediction in predictions])
    return union
