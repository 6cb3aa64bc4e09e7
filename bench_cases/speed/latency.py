"""One frame and one prompt, unbatched: what a person at a screen waits for, and what a clock that does not wait says.

Without waiting for the device, work that is queued while a frame is embedded is charged to the prediction that waits
for its mask. Gutiérrez et al. (2025) timed so, and found SAM 2's prediction ten times slower than SAM's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

import numpy as np

from bench_cases import registry
from bench_cases.contracts import Device, LoadedModel
from bench_cases.engine.draw import draw_prompt
from bench_cases.errors import SelectionError
from bench_cases.frames import FrameSequence
from bench_cases.models._assemble import UNTRAINED
from bench_cases.models.loading import load_model
from bench_cases.speed.contenders import checkpoint_for
from bench_cases.speed.plan import LatencyPlan
from bench_cases.speed.scan import phantom_scan
from bench_cases.speed.threads import set_threads
from bench_cases.timing import Clock

RULE = "composite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Milliseconds a call of one stage.

    Parameters
    ----------
    stage
        ``embed``: frame to embedding; ``predict``: prompt to mask on the host.
    synchronised
        Whether the clock waited for the device before and after.
    warmups
        Calls before, that were not timed.
    """

    model: str
    device: str
    precision: str
    stage: str
    synchronised: bool
    median_ms: float
    p95_ms: float
    samples_ms: tuple[float, ...]
    warmups: int
    random_weights: bool

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


def latencies(plan: LatencyPlan, *, device: Device, threads: int | None = None) -> list[Latency]:
    """Time embedding and prediction in turns, waiting for the device and not.

    Raises
    ------
    SelectionError
        For an unknown model, or one without image mode.
    """
    set_threads(plan.model, threads)
    model = load_model(checkpoint_for(plan.model, random=plan.random), device=device, precision=plan.precision)
    if model.image is None:
        msg = f"{plan.model} has no image mode; expected a model that has, for the latency of one frame. Name another."
        raise SelectionError(msg)
    volume = phantom_scan(slices=1, side=plan.side)
    frame = FrameSequence(volume=volume)[0]
    prompt = draw_prompt(volume, 0, registry.prompt_rules()[RULE])
    samples: dict[tuple[str, bool], list[float]] = {}
    for number in range(plan.warmups + plan.repeats):
        for synchronised in (True, False):
            wait = (model.synchronise if synchronised else None) or (lambda: None)
            embed_s, embedding = _seconds(lambda: model.image.embed(frame, clock=Clock()), wait)  # type: ignore[union-attr]
            predict_s, _ = _seconds(lambda: model.image.predict(embedding, prompt, clock=Clock()), wait)  # type: ignore[union-attr]  # noqa: B023 - called at once
            (model.synchronise or (lambda: None))()  # what is left in the queue is not the next sample's
            if number >= plan.warmups:
                samples.setdefault(("embed", synchronised), []).append(embed_s)
                samples.setdefault(("predict", synchronised), []).append(predict_s)
    return [_latency(plan, model, *key, found) for key, found in samples.items()]


def _seconds(call: Callable[[], Any], wait: Callable[[], None]) -> tuple[float, Any]:
    wait()
    start = time.perf_counter()
    value = call()
    wait()
    return time.perf_counter() - start, value


def _latency(plan: LatencyPlan, model: LoadedModel, stage: str, synchronised: bool, samples_s: list[float]) -> Latency:
    samples_ms = tuple(1000 * it for it in samples_s)
    return Latency(
        model=plan.model,
        device=model.device,
        precision=model.precision,
        stage=stage,
        synchronised=synchronised,
        median_ms=median(samples_ms),
        p95_ms=float(np.percentile(samples_ms, 95)),
        samples_ms=samples_ms,
        warmups=plan.warmups,
        random_weights=model.weights_sha256 == UNTRAINED,
    )
