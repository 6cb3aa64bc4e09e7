"""Sheets as tables for a terminal."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from bench_cases.analysis.sheets.sheet import Sheet, Value, shown

if TYPE_CHECKING:
    from rich.table import Table

_HEADINGS: Final = ("dataset", "strategy", "within", "A", "B", "model")
"""Columns that are put in a heading over the rows that share them, for want of width."""


def terminal(sheets: Sequence[Sheet], lines: Sequence[str]) -> str:
    """Return plain text as wide as the terminal; rows that share dataset, strategy and sides have one heading."""
    from rich.console import Console
    from rich.text import Text

    page = io.StringIO()
    console = Console(file=page, color_system=None, highlight=False)
    for sheet in sheets:
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
        table = Table(box=HORIZONTALS, padding=(0, 1), pad_edge=False, show_edge=False)
        for number, column in enumerate(sheet.columns[shared:], start=shared):
            words = any(isinstance(row[number], str) for row in rows)
            table.add_column(column.name, justify="left" if words else "right", overflow="fold")
        for row in rows:
            cells = zip(row[shared:], sheet.columns[shared:], strict=True)
            table.add_row(*(Text(shown(value, column.digits)) for value, column in cells))
        heading = "   ".join(f"{name} {shown(value)}" for name, value in zip(names, key, strict=True))
        found.append((heading, table))
    return found
