"""What loading once saves: one image to its mask with a loaded checkpoint, against loading anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from bench_cases.page.figures.figure import Figure
from bench_cases.page.figures.log_axis import log_axis
from bench_cases.page.figures.rows import Row, height_in, lay_rows
from bench_cases.page.figures.style import INK, SERIES
from bench_cases.page.study import Study

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

_KINDS: Final = {"test_load_once": "loaded once", "test_reload": "loaded anew"}


def loading(study: Study) -> Iterator[Figure]:
    """One figure, of a run that timed both."""
    times: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in study.run.raw["benchmarks"]:
        kind = str(row["name"]).partition("[")[0]
        if kind in _KINDS and row["stats"].get("median"):
            times.setdefault(str(row["params"].get("model", row["param"])), {})[kind] = row["stats"]
    both = {model: found for model, found in times.items() if len(found) == len(_KINDS)}
    if both:
        yield Figure(
            name="loading",
            kind="loading",
            title="One image to its mask: checkpoint loaded once, or anew each time",
            caption="Median, and the range from the least to the greatest sample. Loading anew is reading, "
            "building and "
            "moving the checkpoint and a first inference, with the file in the page cache. Time axis is logarithmic.",
            draw=_drawing(both),
            height_in=height_in(_rows(both)),
        )


def _rows(both: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> list[Row]:
    rows = []
    for model, found in both.items():
        once, anew = (1000 * found[kind]["median"] for kind in _KINDS)
        rows.append(Row(f"{model}, {_KINDS['test_load_once']}", f"{_plain(once)} ms"))
        rows.append(Row(f"{model}, {_KINDS['test_reload']}", f"{_plain(anew)} ms, x {anew / once:.1f}"))
    return rows


def _plain(milliseconds: float) -> str:
    """Return three figures without an exponent.

    >>> _plain(1612.3), _plain(0.04567)
    ('1612', '0.0457')
    """
    return f"{milliseconds:.0f}" if milliseconds >= 1000 else f"{milliseconds:.3g}"


def _drawing(both: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Callable[[Canvas], None]:
    def draw(canvas: Canvas) -> None:
        axes: Axes = canvas.subplots()
        log_axis(axes)
        at = -1
        for found in both.values():
            for kind, colour in zip(_KINDS, SERIES, strict=False):
                at += 1
                stats = found[kind]
                milliseconds = 1000 * stats["median"]
                axes.plot([1000 * stats["min"], 1000 * stats["max"]], [at, at], color=colour, linewidth=3, alpha=0.4)
                axes.plot(
                    [milliseconds], [at], "o", markersize=6, color=colour, markeredgecolor=INK, markeredgewidth=0.4
                )
        lay_rows(axes, _rows(both))
        axes.set_xlabel("milliseconds")

    return draw
