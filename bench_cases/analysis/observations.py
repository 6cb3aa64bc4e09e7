"""Observations: the numbers of a run that are compared, each under the key of what it is of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Final, Literal

from bench_cases.analysis.pairing import Key, Observation
from bench_cases.cases import CaseResult, SliceScores
from bench_cases.report.stages import StageSamples, stage_samples

Group = tuple[str, str]
"""Dataset and strategy: what one test is about."""

Mode = Literal["volume", "paper"]
"""``volume``: the volume is the unit, the default. ``paper``: the slice-level test of Gutiérrez et al. (2025)."""

SCORES: Final = {
    "dice": "dice_nonempty",
    "jaccard": "jaccard_nonempty",
    "dice_all": "dice_all",
    "jaccard_all": "jaccard_all",
}
"""Metric to the field of `Scores` it stands for."""

SLICE_SCORES: Final = ("dice", "jaccard")
"""Metrics that exist for a single slice."""

SURFACE: Final = {"hd95": "hd95_mm", "nsd": "nsd"}
"""Metrics of runs with ``--sam-surface``, to the field of `SurfaceScores` each stands for."""

LATENCIES: Final = ("embed", "predict", "propagate")
"""Metrics that are median seconds of a stage."""

METRICS: Final = (*SCORES, *SURFACE, *LATENCIES)

LOWER_IS_BETTER: Final = frozenset({"hd95", *LATENCIES})
"""Metrics of which less is more."""


def metrics_of(mode: Mode) -> tuple[str, ...]:
    """Names of the metrics that a mode offers."""
    return SLICE_SCORES if mode == "paper" else METRICS


class Observed:
    """The observations of one model's results, made when first asked for and kept.

    Parameters
    ----------
    results
        Cases of one model.
    """

    def __init__(self, results: Sequence[CaseResult]) -> None:
        self.results = tuple(results)
        self._groups: dict[tuple[str, Mode], dict[Group, list[Observation]]] = {}

    def groups(self, metric: str, mode: Mode) -> dict[Group, list[Observation]]:
        """Return the observations of a metric by dataset and strategy.

        A case that ended in an error, or a mean that is undefined, is an observation without a value: it is listed as
        left out, with its reason.
        """
        if (metric, mode) not in self._groups:
            groups: dict[Group, list[Observation]] = {}
            for observation in self._observations(metric, mode):
                groups.setdefault((observation.key.dataset, observation.key.strategy), []).append(observation)
            self._groups[metric, mode] = groups
        return self._groups[metric, mode]

    def shared(self, metric: str) -> set[Group]:
        """Return the groups of a latency whose samples served several strategies."""
        return {(it.dataset, it.strategy) for it in self._stages if it.stage == metric and it.shared}

    @cached_property
    def phantoms(self) -> set[str]:
        """Names of the datasets that are synthetic."""
        return {result.case.dataset for result in self.results if result.phantom}

    @cached_property
    def _stages(self) -> list[StageSamples]:
        return stage_samples(self.results)

    def _observations(self, metric: str, mode: Mode) -> list[Observation]:
        if metric in LATENCIES:
            return [_latency(samples) for samples in self._stages if samples.stage == metric]
        if metric in SURFACE:
            # A run that measured no surface has nothing to leave out.
            measured = any(result.surface is not None for result in self.results)
            return [_surface(result, metric) for result in self.results] if measured else []
        return [observation for result in self.results for observation in _scores(result, metric, mode)]


def by_model(results: Sequence[CaseResult]) -> dict[str, Observed]:
    """Return the observations of each model, in the order in which the models first appear."""
    models: dict[str, list[CaseResult]] = {}
    for result in results:
        models.setdefault(result.case.model, []).append(result)
    return {name: Observed(members) for name, members in models.items()}


def _scores(result: CaseResult, metric: str, mode: Mode) -> list[Observation]:
    key = Key(result.case.dataset, result.case.volume, result.case.strategy)
    if result.status == "error" or result.scores is None:
        return [Observation(key, math.nan, f"error ({result.message or 'no scores'})")]
    if mode == "paper":
        return _slices(key, result.scores.per_slice, metric)
    return [Observation(key, getattr(result.scores, SCORES[metric]), "undefined: no slice carries the target")]


def _surface(result: CaseResult, metric: str) -> Observation:
    key = Key(result.case.dataset, result.case.volume, result.case.strategy)
    if result.status == "error" or result.surface is None:
        return Observation(key, math.nan, f"error ({result.message or 'no surface scores'})")
    value: float | None = getattr(result.surface, SURFACE[metric])
    return Observation(key, math.nan if value is None else value, f"undefined: {result.surface.undefined}")


def _slices(key: Key, scores: SliceScores, metric: str) -> list[Observation]:
    """Return the scores of the slices that carry the target, as the paper has it (zero is a score)."""
    values: list[float | None] = getattr(scores, metric)
    return [
        Observation(key._replace(slice_index=index), math.nan if value is None else value)
        for index, value, reference_px in zip(scores.index, values, scores.reference_px, strict=True)
        if reference_px > 0
    ]


def _latency(samples: StageSamples) -> Observation:
    """Return the median seconds of a stage on one volume; samples shared by several strategies count once."""
    median_s = samples.median_s
    return Observation(
        Key(samples.dataset, samples.volume, samples.strategy),
        median_s if median_s > 0 else math.nan,
        f"a time of {median_s:g} s has no logarithm",
    )
