"""The table at the end of a run, as a newcomer reads it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bench_cases.cases import BASELINE, UPPER_BOUND, is_baseline, is_upper_bound
from bench_cases.report.summary import SummaryRow

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderableType
    from rich.table import Table
    from rich.text import Text


BELOW = "!"
"""Stands behind a Dice that a row to be beaten exceeds."""


class SummaryTable:
    """A rich renderable: one table where there is room, else one for each dataset under its name, or each model of it.

    Parameters
    ----------
    rows
        What `bench_cases.report.summary.summarise` returns.
    """

    def __init__(self, rows: Sequence[SummaryRow]) -> None:
        self.rows = tuple(rows)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterable[RenderableType]:
        from rich.measure import Measurement
        from rich.text import Text

        def fits(table: Table) -> bool:
            return Measurement.get(console, options.update(width=10_000), table).maximum <= options.max_width

        below = _below_baseline(self.rows)
        if fits(wide := _table(self.rows, below)):
            yield wide
        else:
            for dataset in dict.fromkeys(row.dataset for row in self.rows):
                rows = [row for row in self.rows if row.dataset == dataset]
                yield _dataset_name(rows[0])
                if fits(table := _table(rows, below, without=("dataset",))):
                    yield table
                    continue
                for model in dict.fromkeys(row.model for row in rows):
                    of_model = [row for row in rows if row.model == model]
                    yield _model_name(of_model[0])
                    yield _table(of_model, below, without=("dataset", "model"))
        yield from (Text(line, style="dim") for line in notes(self.rows))


def render(rows: Sequence[SummaryRow]) -> SummaryTable:
    """Return what ``rich.print`` shows: dataset, model, strategy, n, Dice, Jaccard, times, prompts saved.

    A phantom dataset carries the word PHANTOM. Columns of errors and failures appear when there are any.
    """
    return SummaryTable(rows)


def _table(rows: Sequence[SummaryRow], below: Sequence[SummaryRow], *, without: Sequence[str] = ()) -> Table:
    """Return the table; `without` names what stands above it, and rows that score `below` a baseline are marked."""
    from rich.box import HORIZONTALS
    from rich.table import Table
    from rich.text import Text

    troubled = any(row.errors or row.failed for row in rows)
    table = Table(box=HORIZONTALS, padding=0, pad_edge=False, show_edge=False)
    named = {"dataset": _dataset_name, "model": _model_name, "strategy": _strategy_name}
    names = [name for name in named if name not in without]
    for name in names:
        table.add_column(name, overflow="fold")
    headings = ["n", "Dice", "Jaccard", "Dice\n3D", "embed\nms", "predict\nms", "prompts\nsaved"]
    for name in [*headings, "failed", "errors"] if troubled else headings:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        cells: list[RenderableType] = [*(named[name](row) for name in names), Text(_volumes(row))]
        mark = BELOW if row in below else " " * bool(below)
        cells.append(Text(number(row.dice, 3) + mark, style="yellow" if row in below else ""))
        cells += [Text(number(value, 3)) for value in (row.jaccard, row.dice_all)]
        cells += [Text(number(value, 1)) for value in (row.embed_ms, row.predict_ms)]
        cells.append(Text(percent(row.prompts_saved)))
        if troubled:
            cells += [Text(str(row.failed)), Text(str(row.errors), style="red" if row.errors else "")]
        table.add_row(*cells)
    return table


def _below_baseline(rows: Iterable[SummaryRow]) -> list[SummaryRow]:
    """Return the rows whose Dice is below that of a row to be beaten, of the same dataset and strategy."""
    bars: dict[tuple[str, str], float] = {}
    for row in rows:
        if is_baseline(row.model) and row.dice is not None:
            bars[row.dataset, row.strategy] = max(row.dice, bars.get((row.dataset, row.strategy), row.dice))
    return [
        row
        for row in rows
        if row.dice is not None and not is_baseline(row.model) and row.dice < bars.get((row.dataset, row.strategy), 0)
    ]


def _dataset_name(row: SummaryRow) -> Text:
    from rich.text import Text

    name = Text(row.dataset, style="bold")
    return name.append(" PHANTOM", style="yellow") if row.phantom else name


def _model_name(row: SummaryRow) -> Text:
    from rich.text import Text

    name = Text(row.model)
    return name.append(" BASELINE", style="yellow") if is_baseline(row.model) else name


def _strategy_name(row: SummaryRow) -> Text:
    from rich.text import Text

    name = Text(row.strategy)
    return name.append(" UPPER BOUND", style="yellow") if is_upper_bound(row.strategy) else name


def _volumes(row: SummaryRow) -> str:
    return str(row.volumes) if row.scored == row.volumes else f"{row.scored}/{row.volumes}"


def number(value: float | None, places: int) -> str:
    """Return a number with `places` decimals, or a dash.

    >>> number(0.98765, 3), number(None, 3)
    ('0.988', '-')
    """
    return "-" if value is None else f"{value:.{places}f}"


def percent(share: float | None) -> str:
    """Return a share in per cent with two decimals, never rounded up to a full hundred.

    >>> percent(1 - 10 / 2156), percent(1 - 1 / 200000), percent(None)
    ('99.54 %', '99.99 %', '-')
    """
    if share is None:
        return "-"
    shown = f"{100 * share:.2f} %"
    return "99.99 %" if shown == "100.00 %" and share < 1 else shown


def notes(rows: Sequence[SummaryRow]) -> list[str]:
    """Return the lines that stand below the table."""
    lines = [
        "n: volumes. Dice, Jaccard: mean over slices with target. Dice 3D: all voxels.",
        "embed, predict: median per frame. prompts saved: against one prompt a slice.",
    ]
    if any(row.phantom for row in rows):
        lines.append("PHANTOM: synthetic volumes; these scores say nothing about patients.")
    if any(is_baseline(row.model) for row in rows):
        lines.append(BASELINE)
    if _below_baseline(rows):
        lines.append(f"{BELOW}: below the BASELINE row of the same dataset and strategy.")
    if any(is_upper_bound(row.strategy) for row in rows):
        lines.append(UPPER_BOUND)
    if any(row.embed_shared for row in rows):
        lines.append("embed: timed once per volume and model, shared by all strategies.")
    if any(row.predict_shared for row in rows):
        lines.append("predict: timed once, shared by the mask choices of a prompt.")
    together = max((row.volumes_together for row in rows), default=1)
    if together > 1:
        lines.append(f"predict in video mode: shares of a batch over up to {together} volumes, no latency of a frame.")
    if any(row.errors for row in rows):
        lines.append("errors: cases without a result; n is scored/all, the means leave them out.")
    return lines
