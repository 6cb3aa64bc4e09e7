"""Sheets as tables for a terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bench_cases.analysis.sheets.sheet import Sheet, Value, shown
from bench_cases.report.width import printed_width

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_HEADINGS: Final = ("dataset", "strategy", "within", "A", "B", "model")
"""Columns that are put in a heading over the rows that share them, for want of width."""


_LONGEST_WORD: Final = 16
_SPARE: Final = ("bootstrap low", "bootstrap high", "drawn")
"""Columns that a narrow terminal goes without: numbers that break over lines are no numbers."""


def terminal(sheets: Sequence[Sheet], lines: Sequence[str], *, width: int | None = None) -> str:
    """Return plain text; rows that share dataset, strategy and sides have one heading.

    Parameters
    ----------
    width
        Columns of the page; None for those of the terminal.
    """
    from rich.console import Console
    from rich.text import Text

    page = io.StringIO()
    console = Console(file=page, color_system=None, highlight=False, width=width or printed_width())
    for whole in sheets:
        sheet = _narrowed(whole, console)
        console.print(Text(f"{sheet.title}  ({sheet.name})"))
        for heading, table in _tables(sheet):
            console.print(Text(f"\n{heading}"))
            console.print(table)
        for note in sheet.notes:
            console.print(Text(f"  {note}"))
        console.print()
    for line in lines:
        console.print(Text(line))
    return page.getvalue()


def _narrowed(sheet: Sheet, console: Console) -> Sheet:
    """Return the sheet, without its spare columns where it is wider than the page."""
    from rich.measure import Measurement

    endless = console.options.update(width=10_000)
    widest = max((Measurement.get(console, endless, table).maximum for _, table in _tables(sheet)), default=0)
    kept = [number for number, column in enumerate(sheet.columns) if column.name not in _SPARE]
    if widest <= console.width or len(kept) == len(sheet.columns):
        return sheet
    spare = ", ".join(column.name for column in sheet.columns if column.name in _SPARE)
    note = f"{spare}: left out for want of width ({console.width} columns); -o FILE has them."
    return replace(
        sheet,
        columns=tuple(sheet.columns[number] for number in kept),
        rows=tuple(tuple(row[number] for number in kept) for row in sheet.rows),
        notes=(*sheet.notes, note),
    )


def _tables(sheet: Sheet) -> list[tuple[str, Table]]:
    from rich.box import HORIZONTALS
    from rich.table import Table
    from rich.text import Text

    shared = 0
    while sheet.columns[shared].name in _HEADINGS:
        shared += 1
    groups: dict[tuple[Value, ...], list[tuple[Value, ...]]] = {}
    for row in sheet.rows:
        groups.setdefault(row[:shared], []).append(row)
    found = []
    for key, rows in groups.items():
        names = [column.name for column in sheet.columns[:shared]]
        table = Table(box=HORIZONTALS, padding=(0, 1), collapse_padding=True, pad_edge=False, show_edge=False)
        for number, column in enumerate(sheet.columns[shared:], start=shared):
            words = any(isinstance(row[number], str) for row in rows)
            # Headings and long names may break between their parts; a number may not, nor a word.
            texts = [shown(row[number], column.digits) for row in rows]
            whole = [*column.name.split(), *(word for text in texts for word in (text.split() if words else [text]))]
            least = min(_LONGEST_WORD, max(map(len, whole)))
            table.add_column(column.name, justify="left" if words else "right", overflow="fold", min_width=least)
        for row in rows:
            cells = zip(row[shared:], sheet.columns[shared:], strict=True)
            table.add_row(*(Text(shown(value, column.digits)) for value, column in cells))
        heading = "   ".join(f"{name} {shown(value)}" for name, value in zip(names, key, strict=True))
        found.append((heading, table))
    return found
