"""Image mode: every slice with the target is encoded once, every prompt on it decoded once, whatever mask is chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.clicks import Click
from bench_cases.contracts import Choice, Decoded, Embedding, ImageSegmenter, MaskChoice, PromptRule
from bench_cases.engine.draw import draw_prompt
from bench_cases.engine.image_clicks import describe_clicks, refine
from bench_cases.engine.oracle import ORACLE, match
from bench_cases.engine.packed_masks import PackedMasks
from bench_cases.engine.rounds import RoundsKept
from bench_cases.engine.segmentation import Segmentation
from bench_cases.engine.slice_steps import SliceSteps, ToDecode, ToPaint
from bench_cases.engine.watch import Watch
from bench_cases.frames import FrameSequence
from bench_cases.prompt import Prompt
from bench_cases.prompting.clicks import first_prompt
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
    steps: SliceSteps,
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
    steps
        How slices are encoded and prompts decoded: one by one, or many at once.
    clock
        Clock of the model's device; the stages of the encoder are collected on it, those of the decoder on a copy for
        each prompt rule, those of the chosen mask on one for each strategy.
    """
    own = {strategy: clock.another() for strategy in strategies}
    masks = {strategy: PackedMasks(volume.image_zyx.shape) for strategy in strategies}
    slices = [int(z) for z in volume.nonempty_slices()]
    prompts = {
        name: {z: draw_prompt(volume, z, rules[name]) for z in slices}
        for name in {strategy.prompt for strategy in strategies}
    }
    allowed = {strategy: first_prompt(rules[strategy.prompt]).clicks for strategy in strategies}
    rounds = {it: RoundsKept(volume.image_zyx.shape, clicks) for it, clicks in allowed.items() if clicks}
    at_once = [strategy for strategy in strategies if strategy not in rounds]
    decoding = {strategy.prompt: clock.another() for strategy in at_once}
    done = 0
    if slices:
        watch("embed and predict", done, len(slices))
    with steps.embedded(frames, slices, clock=clock) as batches:
        for embedded in batches:
            decoded = _decode(steps, embedded, prompts, decoding)
            for strategy in at_once:
                painted = _paint(steps, decoded[strategy.prompt], strategy, volume.reference_zyx, own[strategy])
                for z, mask_yx in painted:
                    masks[strategy].paint(z, mask_yx)
            for strategy, kept in rounds.items():
                for z, embedding in embedded:
                    refined = refine(
                        model,
                        embedding,
                        prompts[strategy.prompt][z],
                        choice=strategy.choice,
                        clicks=kept.allowed,
                        reference_yx=volume.reference_zyx[z],
                        clock=own[strategy],
                    )
                    masks[strategy].paint(z, refined.masks_yx[-1])
                    kept.keep_slice(z, refined.masks_yx)
                    kept.clicks.extend(
                        Click(number, z, at.x, at.y, at.label, at.error_px)
                        for number, at in enumerate(refined.corrections, start=1)
                    )
            done += len(embedded)
            if done < len(slices):
                watch("embed and predict", done, len(slices))
    encoded = clock.drain()
    predicted = {name: its_clock.drain() for name, its_clock in decoding.items()}
    served = Counter(strategy.prompt for strategy in at_once)
    return {
        strategy: Segmentation.collected(
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
                **steps.details(),
                **({"upper_bound": ORACLE} if strategy.choice == "oracle" else {}),
                **({"clicks": _clicks(model, rounds[strategy])} if strategy in rounds else {}),
            },
        )
        for strategy in strategies
    }


def _clicks(model: ImageSegmenter, kept: RoundsKept) -> dict[str, Any]:
    where = "each slice with the target"
    return describe_clicks(allowed=kept.allowed, given=len(kept.clicks), feeds_back=model.feeds_back, where=where)


def _decode(
    steps: SliceSteps,
    embedded: Sequence[tuple[int, Embedding]],
    prompts: Mapping[str, Mapping[int, Prompt]],
    clocks: Mapping[str, Clock],
) -> dict[str, list[tuple[int, list[Decoded]]]]:
    """Decode every prompt of every rule on some slices: for each rule the slices with what each part gave."""
    asked = [
        ToDecode(embedding, part, clock)
        for name, clock in clocks.items()
        for z, embedding in embedded
        for part in prompts[name][z].parts
    ]
    decoded = iter(steps.decoded(asked))
    return {name: [(z, list(islice(decoded, len(prompts[name][z].parts)))) for z, _ in embedded] for name in clocks}


def _paint(
    steps: SliceSteps,
    decoded: Sequence[tuple[int, list[Decoded]]],
    strategy: Strategy,
    reference_zyx: NDArray[np.bool_],
    clock: Clock,
) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """Give the masks of some slices; parts of a prompt are chosen apart and joined by union."""
    wanted = [[[Choice(part, it) for it in _choices(strategy, part)] for part in parts] for _, parts in decoded]
    painted = iter(steps.masks([ToPaint(it, clock) for parts in wanted for part in parts for it in part]))
    for (z, _), parts in zip(decoded, wanted, strict=True):
        candidates = [list(islice(painted, len(part))) for part in parts]
        unions = [np.logical_or.reduce(chosen) for chosen in product(*candidates)]
        # Of several the oracle's, the first on ties.
        yield z, unions[0] if len(unions) == 1 else max(unions, key=lambda mask: match(mask, reference_zyx[z]))


def _choices(strategy: Strategy, decoded: Decoded) -> Sequence[MaskChoice | int]:
    return range(decoded.candidates) if strategy.choice == "oracle" else (strategy.choice,)
