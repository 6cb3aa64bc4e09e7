"""The grid of strategies as a heat map: where the prompt goes against what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np

from bench_cases.page.figures.figure import Figure, file_name
from bench_cases.page.figures.heat import draw_heat
from bench_cases.page.figures.style import short
from bench_cases.page.study import Study

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas


def grid(study: Study) -> Iterator[Figure]:
    """One figure a dataset and model with at least two seeds and two other parts of a strategy's name."""
    for dataset in study.datasets:
        for model in study.models:
            cells: dict[tuple[str, str], float] = {}
            for group, results in study.of_dataset(dataset).items():
                values = [it.scores.dice_nonempty for it in results if it.scores is not None]
                defined = [value for value in values if np.isfinite(value)]
                if group.model == model and defined:
                    seed, _, rest = group.strategy.partition(".")
                    cells[seed, rest] = fmean(defined)
            seeds, rests = (list(dict.fromkeys(key[part] for key in cells)) for part in (0, 1))
            if len(seeds) > 1 and len(rests) > 1:
                yield Figure(
                    name=file_name("grid", dataset, model),
                    kind="grid",
                    title=f"Mean Dice of strategies, {study.named(dataset)}, {model}",
                    caption="Across: where the prompt goes. Down: what it is, the direction, the choice of the "
                    "mask. Mean over "
                    "volumes; ★ the best. Strategies that end in .oracle are upper bounds and never the best.",
                    draw=_drawing(cells, seeds, rests),
                    height_in=1.2 + 0.26 * len(rests),
                )


def _drawing(cells: Mapping[tuple[str, str], float], seeds: list[str], rests: list[str]) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        values = np.array([[cells.get((seed, rest), np.nan) for seed in seeds] for rest in rests])
        fair = {key: value for key, value in cells.items() if not key[1].endswith(".oracle")}
        best = max(fair, key=lambda key: fair[key], default=None)
        texts = [
            [
                "" if np.isnan(value) else f"{value:.3f}{' ★' if (seed, rest) == best else ''}"
                for seed, value in zip(seeds, row, strict=True)
            ]
            for rest, row in zip(rests, values, strict=True)
        ]
        low = float(np.nanmin(values))
        draw_heat(
            canvas.subplots(),
            values,
            texts,
            across=[short(seed, 16) for seed in seeds],
            down=[short(rest, 24) for rest in rests],
            limits=(min(low, 0.99), 1.0),
        )

    return draw
