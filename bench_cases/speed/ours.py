"""The engine's whole path: one pass over the volumes for all strategies, and their scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench_cases.contracts import LoadedModel, PromptRule
from bench_cases.engine.request import Request
from bench_cases.engine.segment import EngineSettings, segment_volumes
from bench_cases.engine.segmentation import Segmentation
from bench_cases.metrics import score
from bench_cases.prompting.strategy import Strategy
from bench_cases.speed.contender import Work
from bench_cases.timing import Clock
from bench_cases.volume import Volume


def segment_at_once(
    volumes: Sequence[Volume],
    model: LoadedModel,
    strategies: Sequence[Strategy],
    *,
    rules: Mapping[str, PromptRule],
    settings: EngineSettings,
    clock: Clock,
) -> Work:
    """Segment volumes with the engine and score them; what stops a strategy is raised.

    Masks and scores are known by the strategy, and of several volumes by its id too.
    """
    requests = [Request(volume=volume, strategies=strategies) for volume in volumes]
    own: dict[str, float] = {}
    masks, scores = {}, {}
    for volume, found in zip(volumes, segment_volumes(requests, model, rules=rules, settings=settings), strict=True):
        stages: dict[tuple[str, tuple[float, ...]], float] = {}
        for strategy in strategies:
            result = found[strategy]
            if isinstance(result, Exception):
                raise result
            name = str(strategy) if len(volumes) == 1 else f"{strategy} {volume.id}"
            masks[name] = result.masks_zyx
            with clock.stage("score"):
                scores[name] = score(volume.reference_zyx, masks[name], spacing_zyx_mm=volume.spacing_zyx_mm)
            _add(result, shared=stages, own=own)
        for (stage, _), seconds in stages.items():
            own[stage] = own.get(stage, 0.0) + seconds
    own["score"] = sum(clock.drain().get("score", []))
    return Work(masks, scores, own)


def _add(result: Segmentation, *, shared: dict[tuple[str, tuple[float, ...]], float], own: dict[str, float]) -> None:
    """Add a segmentation's seconds by stage; samples that served several strategies count once."""
    for stage, samples in result.timings_s.items():
        if stage in result.shared_stages:
            shared[stage, tuple(samples)] = sum(samples)
        else:
            own[stage] = own.get(stage, 0.0) + sum(samples)
