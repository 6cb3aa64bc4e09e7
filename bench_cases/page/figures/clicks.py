"""Score after each correcting click."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench_cases.page.figures.figure import Figure, file_name
from bench_cases.page.figures.style import colours, short
from bench_cases.page.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


def clicks(study: Study) -> Iterator[Figure]:
    """One figure a dataset: a curve for each model and strategy with clicks."""
    for dataset in study.datasets:
        curves = {
            group.label: np.array([it.clicks.dice_nonempty for it in results if it.clicks is not None], float)
            for group, results in study.of_dataset(dataset).items()
            if any(it.clicks is not None for it in results)
        }
        if curves:
            yield Figure(
                name=file_name("clicks", dataset),
                kind="clicks",
                title=f"Dice after each click, {study.named(dataset)}",
                caption="Mean over volumes of the mean over slices with the target; shaded: lowest to highest "
                "volume. Clicks "
                "are a slice's in image mode (every…) and the volume's in video mode.",
                draw=_drawing(curves),
                height_in=2.9 + 0.19 * len(curves),
            )


def _drawing(curves: Mapping[str, NDArray[np.float64]]) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        axes: Axes = canvas.subplots()
        palette = colours(list(curves))
        for label, scores in curves.items():
            places = np.arange(scores.shape[1])
            name = f"{short(label, 50)}, {len(scores)} volumes"
            axes.plot(places, scores.mean(axis=0), color=palette[label], marker="o", markersize=4, label=name)
            axes.fill_between(
                places, scores.min(axis=0), scores.max(axis=0), color=palette[label], alpha=0.13, linewidth=0
            )
        axes.set_xticks(range(max(scores.shape[1] for scores in curves.values())))
        axes.set_xlabel("clicks")
        axes.set_ylabel("Dice")
        axes.set_ylim(top=1.005)
        axes.grid(visible=True, axis="y")
        canvas.legend(loc="outside lower left")

    return draw
