"""Image mode: every slice with the target is encoded once, every prompt on it decoded once, whatever mask is chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.clicks import Click
from bench_cases.contracts import Decoded, ImageSegmenter, Prediction, PromptRule
from bench_cases.engine.draw import draw_prompt
from bench_cases.engine.image_clicks import describe_clicks, refine
from bench_cases.engine.oracle import ORACLE, match
from bench_cases.engine.rounds import RoundsKept
from bench_cases.engine.segmentation import Segmentation
from bench_cases.engine.watch import Watch
from bench_cases.frames import FrameSequence
from bench_cases.prompting.clicks import first_prompt
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

    A strategy with clicks decodes for itself, from the first prompt on, so that its timings are its own.

    With ``oracle`` the candidates are compared with the reference here, so that no model ever sees it.

    Parameters
    ----------
    clock
        Clock of the model's device; the stages of the encoder are collected on it, those of the decoder on a copy for
        each prompt rule, those of the chosen mask on one for each strategy.
    """
    own = {strategy: clock.another() for strategy in strategies}
    masks = {strategy: np.zeros(volume.image_zyx.shape, bool) for strategy in strategies}
    slices = [int(z) for z in volume.nonempty_slices()]
    prompts = {
        name: {z: draw_prompt(volume, z, rules[name]) for z in slices}
        for name in {strategy.prompt for strategy in strategies}
    }
    allowed = {strategy: first_prompt(rules[strategy.prompt]).clicks for strategy in strategies}
    rounds = {it: RoundsKept(volume.image_zyx.shape, clicks) for it, clicks in allowed.items() if clicks}
    at_once = [strategy for strategy in strategies if strategy not in rounds]
    decoding = {strategy.prompt: clock.another() for strategy in at_once}
    for done, z in enumerate(slices):
        watch("embed and predict", done, len(slices))
        with clock.stage("prepare"):
            frame = frames[z]
        embedding = model.embed(frame, clock=clock)
        reference_yx = volume.reference_zyx[z]
        for name, decoder_clock in decoding.items():
            decoded = [model.decode(embedding, part, clock=decoder_clock) for part in prompts[name][z].parts]
            for strategy in at_once:
                if strategy.prompt == name:
                    masks[strategy][z] = _choose_mask(
                        model, decoded, strategy.choice, reference_yx=reference_yx, clock=own[strategy]
                    )
        for strategy, kept in rounds.items():
            refined = refine(
                model,
                embedding,
                prompts[strategy.prompt][z],
                choice=strategy.choice,
                clicks=kept.allowed,
                reference_yx=reference_yx,
                clock=own[strategy],
            )
            masks[strategy][z] = refined.masks_yx[-1]
            kept.keep_slice(z, refined.masks_yx)
            kept.clicks.extend(
                Click(number, z, at.x, at.y, at.label, at.error_px)
                for number, at in enumerate(refined.corrections, start=1)
            )
    encoded = clock.drain()
    predicted = {name: its_clock.drain() for name, its_clock in decoding.items()}
    served = Counter(strategy.prompt for strategy in at_once)
    return {
        strategy: Segmentation.of(
            masks[strategy],
            strategy=strategy,
            prompts={str(z): prompts[strategy.prompt][z] for z in slices},
            rounds=rounds[strategy].done() if strategy in rounds else None,
            timings_s={**encoded, **predicted.get(strategy.prompt, {}), **own[strategy].drain()},
            shared_stages=(
                *(encoded if len(strategies) > 1 else ()),
                *(predicted[strategy.prompt] if served[strategy.prompt] > 1 else ()),
            ),
            details={
                "mode": "image",
                "encoder_runs": len(slices),
                "strategies_served": len(strategies),
                "choices_served": served[strategy.prompt] or 1,
                "slices_without_prompt": volume.n_slices - len(slices),
                **({"upper_bound": ORACLE} if strategy.choice == "oracle" else {}),
                **({"clicks": _clicks(model, rounds[strategy])} if strategy in rounds else {}),
            },
        )
        for strategy in strategies
    }


def _clicks(model: ImageSegmenter, kept: RoundsKept) -> dict[str, Any]:
    where = "each slice with the target"
    return describe_clicks(allowed=kept.allowed, given=len(kept.clicks), feeds_back=model.feeds_back, where=where)


def _choose_mask(
    model: ImageSegmenter,
    decoded: Sequence[Decoded],
    choice: Choice,
    *,
    reference_yx: NDArray[np.bool_],
    clock: Clock,
) -> NDArray[np.bool_]:
    """Return the mask of one slice; parts of a prompt are chosen apart and joined by union."""
    if choice != "oracle":
        return _union([model.mask_of(part, choice, clock=clock) for part in decoded])
    candidates = [[model.mask_of(part, number, clock=clock) for number in range(part.candidates)] for part in decoded]
    unions = [_union(chosen) for chosen in product(*candidates)]
    return max(unions, key=lambda mask: match(mask, reference_yx))  # the first on ties


def _union(predictions: Sequence[Prediction]) -> NDArray[np.bool_]:
    union: NDArray[np.bool_] = np.logical_or.reduce([prediction.mask_yx for prediction in predictions])
    return union
