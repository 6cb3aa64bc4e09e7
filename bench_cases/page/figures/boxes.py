"""Box plots of the slices' scores, with published means and floors (Gutiérrez et al. 2025)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bench_cases.cases import CaseResult
from bench_cases.page.figures.box import draw_box
from bench_cases.page.figures.figure import Figure, file_name
from bench_cases.page.figures.rows import Row, height_in, lay_rows, parts
from bench_cases.page.figures.style import BAD, GOOD, colours
from bench_cases.page.study import Group, Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

METRICS: Final = {"dice": "Dice", "jaccard": "Jaccard"}


class _Box(NamedTuple):
    row: Row
    values: list[float]
    colour: str
    published: list[float]
    floors: list[float]


def boxes(study: Study) -> Iterator[Figure]:
    """One figure a dataset and metric: a box for each model and strategy."""
    for dataset in study.datasets:
        groups = study.of_dataset(dataset)
        for metric, word in METRICS.items():
            found = [_box(study, group, results, metric) for group, results in groups.items()]
            drawn = [box for box in found if box.values]
            cuts = parts(len(drawn)) if drawn else []
            for number, cut in enumerate(cuts, start=1):
                page = f" ({number} of {len(cuts)})" if len(cuts) > 1 else ""
                yield Figure(
                    name=file_name("boxes", dataset, metric, *([str(number)] if page else [])),
                    kind="boxes",
                    title=f"{word} of slices, {study.named(dataset)}{page}",
                    caption="Slices that carry the target. Box: quartiles; line: median, its 95 % interval as a "
                    "notch where the "
                    "interval lies within the box; dashed: mean; whiskers: within 1.5 IQR; dots: beyond (the 60 "
                    "farthest). Right: median, number of slices and of volumes." + _lines(drawn[cut]),
                    draw=_drawing(drawn[cut], word),
                    height_in=height_in([box.row for box in drawn[cut]]),
                )


def _box(study: Study, group: Group, results: Sequence[CaseResult], metric: str) -> _Box:
    values = slice_values(results, metric)
    floors = {getattr(it.floor, metric) for it in results if it.floor is not None} - {0.0}
    published = [getattr(it, metric) for it in study.published if it.holds_for(*group)]
    middle = median(values) if values else 0.0
    colour = colours(study.models)[group.model]
    fact = f"{middle:.3f}, n {len(values)} in {len(results)}"
    return _Box(Row(group.label, fact), values, colour, published, sorted(floors))


def slice_values(results: Sequence[CaseResult], metric: str) -> list[float]:
    """Return the scores of all slices that carry the target."""
    found: list[float] = []
    for result in results:
        if result.scores is not None:
            scores = result.scores.per_slice
            pairs = zip(getattr(scores, metric), scores.reference_px, strict=True)
            found += [value for value, area in pairs if area and value is not None]
    return found


def _lines(boxes: Sequence[_Box]) -> str:
    parts_ = []
    if any(box.published for box in boxes):
        parts_.append(" Green dashes: published mean.")
    if any(box.floors for box in boxes):
        parts_.append(" Red dots: floors that cases had to reach.")
    return "".join(parts_)


def _drawing(boxes: Sequence[_Box], word: str) -> Any:
    def draw(canvas: Canvas) -> None:
        axes: Axes = canvas.subplots()
        for number, box in enumerate(boxes):
            draw_box(axes, box.values, at=number, colour=box.colour)
            for value in box.published:
                axes.vlines(value, number - 0.27, number + 0.27, color=GOOD, linestyle=(0, (3, 1.5)), linewidth=1.6)
            for value in box.floors:
                axes.vlines(value, number - 0.27, number + 0.27, color=BAD, linestyle=":", linewidth=1.4)
        lay_rows(axes, [box.row for box in boxes])
        lowest = min(min((*box.values, *box.published, *box.floors)) for box in boxes)
        axes.set_xlim(max(-0.01, lowest - 0.03), 1.005)
        axes.set_xlabel(word)

    return draw
