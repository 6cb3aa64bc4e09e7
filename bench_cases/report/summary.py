"""The table at the end of a run, as data: one row for each dataset, model and strategy."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from bench_cases.cases import CaseResult, Scores
from bench_cases.report.prompts_spent import spending
from bench_cases.report.stages import mode, stage_samples, volumes_in_a_batch


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRow:
    """One dataset, model and strategy.

    Parameters
    ----------
    volumes
        Cases in the report.
    scored
        Of those, the ones with scores; means are over these only, so read them beside `errors`.
    errors
        Cases without a usable result. They are failures, not missing values.
    failed
        Cases below their floors.
    dice, jaccard
        Mean over volumes of the mean over non-empty slices, 0..1; None when nothing was scored.
    dice_all
        Mean over volumes of the 3D Dice over every voxel, 0..1.
    embed_ms, predict_ms
        Median over all samples in milliseconds. `predict_ms` is the decoder in image mode and one propagated frame in
        video mode.
    embed_shared, predict_shared
        Whether the embeddings were made once for several strategies, and what was decoded for several mask choices.
    volumes_together
        Of how many volumes at most propagations advanced as one batch; `predict_ms` is then a share of that.
    frames_prompted, frames_if_every_slice
        Prompts spent, against one prompt a slice.
    prompts_saved
        Share of prompts saved, 0..1.
    """

    dataset: str
    model: str
    strategy: str
    phantom: bool
    volumes: int
    scored: int
    errors: int
    failed: int
    dice: float | None
    jaccard: float | None
    dice_all: float | None
    embed_ms: float | None
    predict_ms: float | None
    embed_shared: bool
    predict_shared: bool
    volumes_together: int
    frames_prompted: int | None
    frames_if_every_slice: int | None
    prompts_saved: float | None


def summarise(cases: Sequence[CaseResult]) -> list[SummaryRow]:
    """Return one row for each dataset, model and strategy, in the order of their first case."""
    groups: dict[tuple[str, str, str], list[CaseResult]] = {}
    for result in cases:
        groups.setdefault((result.case.dataset, result.case.model, result.case.strategy), []).append(result)
    return [_row(*key, members) for key, members in groups.items()]


def _row(dataset: str, model: str, strategy: str, members: list[CaseResult]) -> SummaryRow:
    scores = [member.scores for member in members if member.scores is not None and member.status != "error"]
    samples = stage_samples(members)
    embed = [sample for group in samples if group.stage == "embed" for sample in group.samples_s]
    decoder = "propagate" if any(mode(member) == "video-mode" for member in members) else "predict"
    predict = [sample for group in samples if group.stage == decoder for sample in group.samples_s]
    spent = spending(members).get((dataset, strategy))
    return SummaryRow(
        dataset=dataset,
        model=model,
        strategy=strategy,
        phantom=any(member.phantom for member in members),
        volumes=len(members),
        scored=len(scores),
        errors=sum(member.status == "error" for member in members),
        failed=sum(member.status == "failed" for member in members),
        dice=_mean(scores, "dice_nonempty"),
        jaccard=_mean(scores, "jaccard_nonempty"),
        dice_all=_mean(scores, "dice_all"),
        embed_ms=_median_ms(embed),
        predict_ms=_median_ms(predict),
        embed_shared=any(group.shared for group in samples if group.stage == "embed"),
        predict_shared=any(group.shared for group in samples if group.stage == decoder),
        volumes_together=volumes_in_a_batch(members),
        frames_prompted=None if spent is None else spent.frames,
        frames_if_every_slice=None if spent is None else spent.frames_if_every_slice,
        prompts_saved=None if spent is None else spent.reduction,
    )


def _mean(scores: Iterable[Scores], name: str) -> float | None:
    values = [value for value in (getattr(score, name) for score in scores) if not math.isnan(value)]
    return fmean(values) if values else None


def _median_ms(samples_s: list[float]) -> float | None:
    return 1000 * median(samples_s) if samples_s else None
