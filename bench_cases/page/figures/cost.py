"""Score against prompts spent, with the Pareto front."""

from __future__ import annotations

from collections.abc import Iterator

from bench_cases.page.figures.figure import Figure, file_name
from bench_cases.page.figures.style import colours
from bench_cases.page.figures.trade import Point, trade, trade_height_in
from bench_cases.page.study import Study, bound
from bench_cases.report.cost_rows import costs


def cost(study: Study) -> Iterator[Figure]:
    """One figure a dataset with at least two models or strategies."""
    rows = costs(study.run.results)
    for dataset in study.datasets:
        points = [
            Point(
                label=f"{bound(row.strategy)}{row.strategy} · {row.model}",
                model=row.model,
                # One prompt for a whole dataset is less than one a volume.
                cost=row.frames / row.volumes,
                score=row.dice,
                upper_bound=row.upper_bound,
            )
            for row in rows
            if row.dataset == dataset and row.dice is not None and row.frames
        ]
        if len(points) > 1:
            yield Figure(
                name=file_name("cost", dataset),
                kind="cost",
                title=f"Dice against frames prompted, {study.named(dataset)}",
                caption="Frames a human prompts or clicks on, a volume (logarithmic); mean Dice over volumes. "
                "Line: the Pareto "
                "front, which nothing beats in both; in bold what is on it. Hollow: upper bounds, on no front.",
                draw=trade(points, x="prompted frames a volume", palette=colours(study.models)),
                height_in=trade_height_in(points),
            )
