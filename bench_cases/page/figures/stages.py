"""Where the time goes: seconds a volume, stage by stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from bench_cases.cases import CaseResult
from bench_cases.page.figures.figure import Figure, file_name
from bench_cases.page.figures.rows import Row, height_in, lay_rows, parts
from bench_cases.page.figures.style import colours
from bench_cases.page.study import Study
from bench_cases.timing import STAGES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


class _Bar(NamedTuple):
    row: Row
    seconds: dict[str, float]


def stages(study: Study) -> Iterator[Figure]:
    """One figure a dataset: a bar for each model and strategy."""
    for dataset in study.datasets:
        bars = [_bar(group.label, results) for group, results in study.of_dataset(dataset).items()]
        bars = [bar for bar in bars if bar.seconds]
        cuts = parts(len(bars)) if bars else []
        for number, cut in enumerate(cuts, start=1):
            page = f" ({number} of {len(cuts)})" if len(cuts) > 1 else ""
            yield Figure(
                name=file_name("stages", dataset, *([str(number)] if page else [])),
                kind="stages",
                title=f"Seconds a volume by stage, {study.named(dataset)}{page}",
                caption="Sum of a stage's samples, mean over volumes. Stages that served several strategies are "
                "counted in "
                "full for each (*): it is what the strategy would take alone.",
                draw=_drawing(bars[cut]),
                height_in=height_in([bar.row for bar in bars[cut]], extra=1.15),
            )


def _bar(label: str, results: Sequence[CaseResult]) -> _Bar:
    seconds = {
        stage: fmean(sum(result.timings_s.get(stage, ())) for result in results)
        for stage in STAGES
        if any(result.timings_s.get(stage) for result in results)
    }
    shared = "*" if any(result.shared_stages for result in results) else ""
    return _Bar(Row(label, f"{sum(seconds.values()):.3g} s{shared}"), seconds)


def _drawing(bars: Sequence[_Bar]) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        axes: Axes = canvas.subplots()
        palette = colours(STAGES)
        left = [0.0] * len(bars)
        for stage in STAGES:
            widths = [bar.seconds.get(stage, 0.0) for bar in bars]
            if any(widths):
                axes.barh(
                    range(len(bars)), widths, left=left, height=0.34, color=palette[stage], label=stage, alpha=0.85
                )
                left = [start + width for start, width in zip(left, widths, strict=True)]
        lay_rows(axes, [bar.row for bar in bars])
        axes.set_xlim(left=0)
        axes.set_xlabel("seconds a volume")
        canvas.legend(loc="outside lower left", ncols=5, columnspacing=1.0, handlelength=1.0)

    return draw
