"""What both plain loops do around a strategy: masks of its own, seconds and scores; the next one shares nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bench_cases.metrics import score
from bench_cases.prompting.strategy import Strategy
from bench_cases.speed.contender import Masks, Work
from bench_cases.timing import Clock
from bench_cases.volume import Volume


def one_after_the_other(
    volume: Volume, strategies: Sequence[Strategy], paint: Callable[[Strategy, Masks], None], *, clock: Clock
) -> Work:
    """Segment a volume under each strategy from the beginning, and score it as the engine does.

    Parameters
    ----------
    paint
        Paints a strategy's masks into zeros.
    clock
        Stage ``score``, and what `paint` adds.
    """
    masks: dict[str, Masks] = {}
    scores = {}
    for strategy in strategies:
        predicted = np.zeros(volume.image_zyx.shape, bool)
        paint(strategy, predicted)
        with clock.stage("score"):
            scores[str(strategy)] = score(volume.reference_zyx, predicted, spacing_zyx_mm=volume.spacing_zyx_mm)
        masks[str(strategy)] = predicted
    return Work(masks, scores, {stage: sum(samples) for stage, samples in clock.drain().items()})
