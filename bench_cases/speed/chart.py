"""The record of speed as a bar chart: slices a second, and beside each bar what it cost in accuracy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any, Final

from bench_cases.errors import SelectionError
from bench_cases.page.extra import require_extra
from bench_cases.page.figures.style import FAINT, INK, PAPER, SERIES, short, styled

FORMS: Final = (".svg", ".png")
_WIDTH_IN: Final = 7.2
_BAR_IN: Final = 0.3
_HEAD_IN: Final = 0.75
_GREY: Final = "#9aa2ae"


def check(path: Path) -> None:
    """Refuse a chart that cannot be drawn, before anything is measured.

    Raises
    ------
    SelectionError
        For a name that ends in another form.
    ConfigError
        When matplotlib is not installed.
    """
    if path.suffix.lower() not in FORMS:
        msg = f"--chart is {path.name}; expected a name that ends in {' or '.join(FORMS)}. Change it."
        raise SelectionError(msg)
    require_extra()


def draw(record: Mapping[str, Any], path: Path) -> None:
    """Draw one panel a comparison.

    Raises
    ------
    SelectionError
        For a record without a comparison, or a file that cannot be written.
    """
    from matplotlib.figure import Figure

    comparisons = record["comparisons"]
    if not comparisons:
        msg = "the record holds no comparison, so there is nothing to draw; expected one. Measure with --model."
        raise SelectionError(msg)
    heights = [_HEAD_IN + _BAR_IN * len(it["rows"]) for it in comparisons]
    with styled():
        figure = Figure(figsize=(_WIDTH_IN, sum(heights) + 0.35), facecolor=PAPER, layout="constrained")
        panels = figure.subplots(len(comparisons), 1, squeeze=False, height_ratios=heights)[:, 0]
        for panel, comparison in zip(panels, comparisons, strict=True):
            _panel(panel, comparison)
        figure.supxlabel(_source(record), fontsize=7.5, color=FAINT, x=0.01, ha="left")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            figure.savefig(path, dpi=160)
        except OSError as problem:
            msg = f"{path} cannot be written ({problem.strerror}); expected a folder that can. Name another."
            raise SelectionError(msg) from None


def _panel(panel: Any, comparison: Mapping[str, Any]) -> None:
    rows = comparison["rows"]
    rates = [row["slices_per_s"] for row in rows]
    spans = [_extremes(row) for row in rows]
    below = [max(0.0, rate - low) for rate, (low, _) in zip(rates, spans, strict=True)]
    above = [max(0.0, high - rate) for rate, (_, high) in zip(rates, spans, strict=True)]
    colours = [SERIES[0] if row["name"].startswith("sambench") else _GREY for row in rows]
    panel.barh(
        range(len(rows)), rates, xerr=[below, above], color=colours, height=0.62, error_kw={"ecolor": INK, "lw": 1}
    )
    panel.set_yticks(range(len(rows)), [row["name"] for row in rows])
    panel.invert_yaxis()
    panel.set_title(short(comparison["name"], 80))
    panel.set_xlabel("slices a second" + (", random weights" if comparison["random_weights"] else ""))
    top = max(high for _, high in spans)
    panel.set_xlim(0, 1.5 * top)
    for place, row in enumerate(rows):
        panel.text(
            spans[place][1] + 0.02 * top,
            place,
            "baseline" if place == 0 else _label(row),
            va="center",
            fontsize=8,
            color=INK,
        )


def _extremes(row: Mapping[str, Any]) -> tuple[float, float]:
    """Return the slowest and the fastest round, in slices a second."""
    slices = row["slices_per_s"] * median(row["wall_s"])
    return slices / max(row["wall_s"]), slices / min(row["wall_s"])


def _label(row: Mapping[str, Any]) -> str:
    agreement = row["agreement"]
    ratio = f"x {row['speedup']['value']:.2f}"
    if agreement["voxels_differ"] == 0 and agreement["strategies"]:
        return f"{ratio}, masks identical"
    if agreement["dice_difference"] is None:
        return ratio
    return f"{ratio}, Dice {agreement['dice_difference']:+.4f}"


def _source(record: Mapping[str, Any]) -> str:
    where = record["environment"]
    commit = (where["code"]["commit"] or "unknown commit")[:10]
    made = f"{where['device']['name']}; {record['created_utc'][:10]}; {commit}"
    return f"{made}. Bars: median of rounds; lines: slowest and fastest."
