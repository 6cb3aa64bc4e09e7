"""Differences of pairs: box plots of A - B by volume or slice, with what improved and worsened."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from bench_cases.analysis.clusters import slice_differences
from bench_cases.analysis.rows import PairedGroup
from bench_cases.page.figures.box import draw_box
from bench_cases.page.figures.boxes import METRICS
from bench_cases.page.figures.figure import Figure, file_name
from bench_cases.page.figures.rows import Row, height_in, lay_rows, parts
from bench_cases.page.figures.style import FAINT, INK, SERIES
from bench_cases.page.study import Study, bound

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas


MOST_VOLUMES: Final = 20
"""Volumes that are drawn as circles."""


class _Delta(NamedTuple):
    row: Row
    slices: list[float]
    volumes: list[float]


def deltas(study: Study) -> Iterator[Figure]:
    """One figure a dataset and metric: a box for each strategy and pair of models."""
    if study.comparison is None:
        return
    for dataset in dict.fromkeys(group.dataset for group in study.comparison.groups):
        for metric, word in METRICS.items():
            groups = [it for it in study.comparison.groups if (it.dataset, it.metric) == (dataset, metric)]
            pairs = {_models(it.a.label, it.b.label) for it in groups}
            found = [delta for delta in (_delta(it, named=len(pairs) > 1) for it in groups) if delta.slices]
            both = f"\n{pairs.pop()}" if len(pairs) == 1 else ""
            cuts = parts(len(found)) if found else []
            for number, cut in enumerate(cuts, start=1):
                page = f" ({number} of {len(cuts)})" if len(cuts) > 1 else ""
                yield Figure(
                    name=file_name("deltas", dataset, metric, *([str(number)] if page else [])),
                    kind="deltas",
                    title=f"Differences of {word}, A - B, {study.named(dataset)}{page}{both}",
                    caption="Box: differences of slices that carry the target, as in the score's box plots. "
                    "Circles: mean difference of each of the first 20 volumes, the unit of every test. "
                    "Right: share of slices on which B is better, worse.",
                    draw=_drawing(found[cut], word),
                    height_in=height_in([delta.row for delta in found[cut]]),
                )


def _delta(group: PairedGroup, *, named: bool) -> _Delta:
    """Return a row; `named` where its pair of models is not that of all rows, which the title has."""
    by_volume = slice_differences(group) or {}
    values = [value for of_volume in by_volume.values() for value in of_volume.values()]
    volumes = [a - b for a, b in zip(group.pairing.a, group.pairing.b, strict=True)]
    better = sum(value < 0 for value in values) / max(1, len(values))
    worse = sum(value > 0 for value in values) / max(1, len(values))
    label = f"{bound(group.strategy)}{group.strategy}"
    if named:
        label += f": {_models(group.a.label, group.b.label)}"
    return _Delta(Row(label, f"B {better:.0%} better, {worse:.0%} worse"), values, volumes)


def _models(a: str, b: str) -> str:
    """Name the models of a pair; one that is compared with its own baseline stands once, its axis says the rest.

    >>> _models("sam (A)", "sam (B)"), _models("sam", "sam2")
    ('sam', 'sam - sam2')
    """
    name = a.removesuffix(" (A)")
    return name if (a, b) == (f"{name} (A)", f"{name} (B)") else f"{a} - {b}"


def _drawing(found: Sequence[_Delta], word: str) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        axes: Axes = canvas.subplots()
        axes.axvline(0, color=FAINT, linewidth=1.0)
        for number, delta in enumerate(found):
            draw_box(axes, delta.slices, at=number, colour=SERIES[0])
            volumes = delta.volumes[:MOST_VOLUMES]
            heights = [number] * len(volumes)
            axes.plot(volumes, heights, "o", markersize=3.6, markerfacecolor="none", markeredgecolor=INK, alpha=0.8)
        lay_rows(axes, [delta.row for delta in found])
        reach = max(0.01, *(abs(value) for delta in found for value in (*delta.slices, *delta.volumes)))
        axes.set_xlim(-1.06 * reach, 1.06 * reach)
        axes.set_xlabel(f"← B better\u2003\u2003A - B of {word}\u2003\u2003A better →")  # a page joins common spaces

    return draw
