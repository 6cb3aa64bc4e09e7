"""Score along the structure, where the prompts were, and where the best slices lie (Gutiérrez et al. 2025)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from bench_cases.analysis.observations import Observed
from bench_cases.analysis.sheets.position import slice_curves
from bench_cases.analysis.statistics.position_curve import best_slices, position_bins
from bench_cases.cases import CaseResult
from bench_cases.page.figures.figure import Figure, file_name
from bench_cases.page.figures.style import FAINT, INK, colours, short
from bench_cases.page.study import Study, bound
from bench_cases.report.slice_place import place_in_structure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

MOST: Final = 6
"""Curves of one figure."""


class _Curve(NamedTuple):
    label: str
    at: list[float]
    scores: list[float]
    seeds: list[float]
    colour: str


def position(study: Study) -> Iterator[Figure]:
    """One figure a dataset and model: a curve for each strategy, ranges of the best slices beneath."""
    for dataset in study.datasets:
        for model in study.models:
            groups = {group: it for group, it in study.of_dataset(dataset).items() if group.model == model}
            palette = colours([group.strategy for group in groups])
            curves = []
            for group, results in groups.items():
                for at, scores in slice_curves(Observed(results), "dice").values():
                    if at:
                        curves.append(
                            _Curve(
                                f"{bound(group.strategy)}{group.strategy}",
                                at,
                                scores,
                                seeds(results),
                                palette[group.strategy],
                            )
                        )
            for number, start in enumerate(range(0, len(curves), MOST), start=1):
                page = curves[start : start + MOST]
                yield Figure(
                    name=file_name("position", dataset, model, *([str(number)] if len(curves) > MOST else [])),
                    kind="position",
                    title=f"Dice along the structure, {study.named(dataset)}, {model}",
                    caption="0: first slice with the target, 1: last. Line: mean of the slices in each tenth. "
                    "Beneath, for "
                    "each strategy: where its best 2 % (pale) and best 1 % (full) of slices lie, and ▼ where "
                    "the prompt "
                    "was, one a volume.",
                    draw=_drawing(page),
                    height_in=2.6 + 0.3 * len(page),
                )


def seeds(results: Sequence[CaseResult]) -> list[float]:
    """Return the normalised positions of prompted slices; none in image mode, where each slice has its prompt."""
    found: list[float] = []
    for result in results:
        shape, failures = result.volume_shape, result.failures
        if shape is not None and failures is not None:
            places = place_in_structure(failures.prompted, shape.first_with_target, shape.last_with_target)
            found += [place for place in places if place is not None]
    return found


def _drawing(curves: Sequence[_Curve]) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        upper: Axes
        lower: Axes
        upper, lower = canvas.subplots(2, 1, sharex=True, height_ratios=(2.0, 0.3 * len(curves)))
        for curve in curves:
            bins = [part for part in position_bins(curve.at, curve.scores) if part.mean is not None]
            middles = [(part.start + part.end) / 2 for part in bins]
            means = [part.mean for part in bins]
            upper.plot(middles, means, color=curve.colour, linewidth=1.6, marker="o", markersize=2.6)  # type: ignore[arg-type]
        upper.set_ylabel("Dice")
        upper.grid(visible=True, axis="y")
        upper.set_ylim(top=1.005)
        upper.tick_params(labelbottom=False)
        for number, curve in enumerate(curves):
            _strip(lower, curve, number)
        lower.set_ylim(len(curves) - 0.4, -0.75)
        lower.set_yticks([])
        lower.spines["left"].set_visible(False)
        lower.set_xlim(-0.01, 1.01)
        lower.set_xlabel("position of the slice in the structure")

    return draw


def _strip(axes: Axes, curve: _Curve, number: int) -> None:
    for share, strength in ((0.02, 0.3), (0.01, 0.9)):
        best = best_slices(curve.at, curve.scores, share)
        if best is not None:
            width = max(best.last - best.first, 0.006)
            axes.barh(number + 0.2, width, left=best.first, height=0.26, color=curve.colour, alpha=strength)
    if curve.seeds:
        heights = np.full(len(curve.seeds), number + 0.2)
        axes.plot(curve.seeds, heights - 0.08, "v", markersize=4, color=INK, alpha=0.7, markeredgewidth=0)
    axes.axhline(number + 0.2, color=FAINT, linewidth=0.4, alpha=0.5, zorder=0)
    axes.text(0, number - 0.25, short(curve.label), fontsize=7.9, va="center", color=curve.colour, fontweight="bold")
