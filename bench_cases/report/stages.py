"""Stage samples by what they measure: a sample that served several strategies counts once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Final, NamedTuple

from bench_cases.cases import CaseResult

MEASURED: Final = ("embed", "predict", "propagate")
"""Stages that a user compares."""


class StageSamples(NamedTuple):
    """All samples of one stage of one model on one volume.

    `strategy` is a strategy's name, or for ``embed`` the mode (``image-mode``, ``video-mode``): an encoder does not
    know which prompt will follow, and its samples may have served several strategies (`shared`). So may those of
    ``predict``, which stand under each strategy: a decoder makes the masks of all choices at once.
    """

    dataset: str
    volume: str
    model: str
    strategy: str
    stage: str
    samples_s: tuple[float, ...]
    shared: bool
    results: tuple[CaseResult, ...]

    @property
    def median_s(self) -> float:
        """Median of the samples in seconds."""
        return median(self.samples_s)


def mode(result: CaseResult) -> str:
    """Return ``video-mode`` for a case that propagated, else ``image-mode``."""
    return "video-mode" if "propagate" in result.timings_s else "image-mode"


def volumes_in_a_batch(results: Iterable[CaseResult]) -> int:
    """Return of how many volumes at most walks advanced as one batch: from two on, what is timed is no latency."""
    together = (result.details.get("propagated_together", {}).get("volumes", 1) for result in results)
    return max(together, default=1)


def stage_samples(results: Sequence[CaseResult]) -> list[StageSamples]:
    """Return the samples of the measured stages of every case that did not end in an error.

    ``embed`` is pooled over the strategies of one volume, model and mode. Lists marked as shared repeat each other: of
    equal samples as many are kept as the longest list has. Lists that are not shared add up.
    """
    grouped: dict[tuple[str, str, str, str, str], list[CaseResult]] = {}
    for result in results:
        if result.status == "error":
            continue
        for stage in MEASURED:
            if result.timings_s.get(stage):
                strategy = mode(result) if stage == "embed" else result.case.strategy
                key = (result.case.dataset, result.case.volume, result.case.model, strategy, stage)
                grouped.setdefault(key, []).append(result)
    return [StageSamples(*key, *_pool(members, key[-1]), tuple(members)) for key, members in grouped.items()]


def _pool(members: Sequence[CaseResult], stage: str) -> tuple[tuple[float, ...], bool]:
    shared: Counter[float] = Counter()
    own: Counter[float] = Counter()
    any_shared = False
    for member in members:
        samples = Counter(member.timings_s[stage])
        if stage in member.shared_stages:
            any_shared = True
            shared |= samples
        else:
            own += samples
    return tuple((shared + own).elements()), any_shared
