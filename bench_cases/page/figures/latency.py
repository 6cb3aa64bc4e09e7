"""Score against time a slice, with the Pareto front: never a speed without its accuracy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Final

from bench_cases.cases import CaseResult, is_upper_bound
from bench_cases.page.figures.figure import Figure, file_name
from bench_cases.page.figures.style import colours
from bench_cases.page.figures.trade import Point, trade, trade_height_in
from bench_cases.page.study import Study

COUNTED: Final = ("to_device", "embed", "predict", "propagate", "click", "to_host")
"""Stages of the model; reading, windowing and scoring are not its doing."""


def latency(study: Study) -> Iterator[Figure]:
    """One figure a dataset with at least two models or strategies."""
    for dataset in study.datasets:
        points = []
        for group, results in study.of_dataset(dataset).items():
            scores = [it.scores.dice_nonempty for it in results if it.scores and it.scores.dice_nonempty >= 0]
            seconds = slice_seconds(results)
            if scores and seconds:
                points.append(
                    Point(group.label, group.model, 1000 * seconds, fmean(scores), is_upper_bound(group.strategy))
                )
        if len(points) > 1:
            yield Figure(
                name=file_name("latency", dataset),
                kind="latency",
                title=f"Dice against time a slice, {study.named(dataset)}",
                caption=f"Sum of the stages {', '.join(COUNTED)} over slices scored, mean over volumes "
                f"(logarithmic); an "
                "embedding that served several strategies counts in full for each. Line: the Pareto front, "
                "in bold what is on it. Hollow: upper "
                "bounds, on no front.",
                draw=trade(points, x="milliseconds a slice", palette=colours(study.models)),
                height_in=trade_height_in(points),
            )


def slice_seconds(results: Sequence[CaseResult]) -> float | None:
    """Return the model's seconds a slice, mean over volumes; None where nothing was timed."""
    found = [
        sum(sum(result.timings_s.get(stage, ())) for stage in COUNTED) / result.scores.slices
        for result in results
        if result.scores is not None and result.scores.slices
    ]
    return fmean(found) if any(found) else None
