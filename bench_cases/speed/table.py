"""The record of speed as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_SHOWN_STAGES = 3
_TINY = 0.005


def render(record: Mapping[str, Any]) -> Iterator[RenderableType]:
    """Give a table for each comparison, one of latencies, the targets, and what must be known to read them."""
    from rich.text import Text

    for comparison in record["comparisons"]:
        shape = " x ".join(str(side) for side in comparison["shape_zyx"])
        weights = "random weights" if comparison["random_weights"] else "trained weights"
        where = f"{comparison['device']}, {comparison['threads']} threads"
        shape = shape if comparison.get("volumes", 1) == 1 else f"up to {shape}"
        yield Text(f"\n{comparison['name']}: {shape} PHANTOM, {where}, {weights}", style="bold")
        yield _comparison(comparison)
    if record["latencies"]:
        yield Text("\nLatency of one frame and one prompt, ms", style="bold")
        yield _latencies(record["latencies"])
    for target in record["targets"]:
        yield Text(f"{_verdict(target)} {target['text']}")
    for line in record["not_run"]:
        yield Text(f"not run: {line['what']} - {line['reason']}")
    for note in record["notes"]:
        yield Text(f"note: {note}", style="dim")


def _comparison(comparison: Mapping[str, Any]) -> Table:
    from rich.box import HORIZONTALS
    from rich.table import Table

    on_processor = comparison["device"] == "cpu"
    table = Table(box=HORIZONTALS, padding=(0, 1), pad_edge=False, show_edge=False)
    table.add_column("")
    table.add_column("batch", justify="right")
    for name in ("slices/s", "ratio (95 %)", "by cpu time" if on_processor else "device idle"):
        table.add_column(name, justify="right")
    for name in ("roofline", "TFLOP", "peak MB", "Dice diff.", "masks"):
        table.add_column(name, justify="right")
    table.add_column("stages")
    for row in comparison["rows"]:
        table.add_row(
            row["name"],
            str(row["batch"]),
            f"{row['slices_per_s']:.3g}",
            _ratio(row["speedup"]),
            _ratio(row["processor_speedup"]) if on_processor else _idle(row["busy_share"]),
            f"{row['roofline_share']:.0%}",
            f"{row['operations'] / 1e12:.3g}",
            _megabytes(row["peak_bytes"]),
            _signed(row["agreement"]["dice_difference"]),
            _overlap(row["agreement"]),
            _stages(row["stage_shares"]),
        )
    return table


def _latencies(rows: list[dict[str, Any]]) -> Table:
    from rich.box import HORIZONTALS
    from rich.table import Table

    table = Table(box=HORIZONTALS, padding=(0, 1), pad_edge=False, show_edge=False)
    for name in ("model", "stage", "synchronised", "p95", "unsynchronised", "p95"):
        table.add_column(name, justify="left" if name in {"model", "stage"} else "right")
    found = {(it["model"], it["stage"], it["synchronised"]): it for it in rows}
    for model, stage in dict.fromkeys((it["model"], it["stage"]) for it in rows):
        cells = [found[model, stage, synchronised] for synchronised in (True, False)]
        table.add_row(model, stage, *(f"{it[name]:.2f}" for it in cells for name in ("median_ms", "p95_ms")))
    return table


def _ratio(ratio: Mapping[str, Any]) -> str:
    if ratio["low"] is None:
        return f"x {ratio['value']:.2f}"
    return f"x {ratio['value']:.2f} ({ratio['low']:.2f} .. {ratio['high']:.2f})"


def _idle(busy_share: float | None) -> str:
    return "n/a" if busy_share is None else f"{1 - busy_share:.0%}"


def _megabytes(peak: Mapping[str, int | None]) -> str:
    found = peak["device"] if peak["device"] is not None else peak["process"]
    return "-" if found is None else f"{found / 1e6:,.0f}"


def _signed(difference: float | None) -> str:
    return "-" if difference is None else f"{difference:+.4f}"


def _overlap(agreement: Mapping[str, Any]) -> str:
    """Say how alike the masks are: the same to the last voxel, or their Dice."""
    if agreement["voxels_differ"] == 0:
        return "identical" if agreement["strategies"] else "-"
    return "-" if agreement["same_masks"] is None else f"{agreement['same_masks']:.4f}"


def _stages(shares: Mapping[str, float]) -> str:
    largest = sorted(shares.items(), key=lambda entry: -entry[1])[:_SHOWN_STAGES]
    return ", ".join(f"{stage} {share:.0%}" for stage, share in largest if share > _TINY)


def _verdict(target: Mapping[str, Any]) -> str:
    if target["found"] is None:
        return "target NOT MEASURED:"
    word = "reached" if target["reached"] else "MISSED"
    return f"target {word} ({target['found']:.3g} by {target['by']}):"
