"""Sheets as GitHub-flavoured Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from bench_cases.analysis.sheets.sheet import Sheet, shown


def markdown(sheets: Sequence[Sheet], lines: Sequence[str]) -> str:
    """Return a heading and a table for each sheet, notes beneath, and the lines that hold for all at the end."""
    parts = [part for sheet in sheets for part in _sheet(sheet)]
    if lines:
        parts.append("\n".join(f"- {escaped(line)}" for line in lines))
    return "\n\n".join(parts) + "\n"


def _sheet(sheet: Sheet) -> list[str]:
    notes = "\n".join(f"*{escaped(note)}*  " for note in sheet.notes)
    table = grid(
        [column.name for column in sheet.columns],
        [[shown(value, column.digits) for value, column in zip(row, sheet.columns, strict=True)] for row in sheet.rows],
        right=[_numeric(sheet, number) for number in range(len(sheet.columns))],
    )
    return [part for part in (f"### {escaped(sheet.title)}", table if sheet.rows else "", notes) if part]


def grid(headings: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[bool]) -> str:
    r"""Return one table; `right` says which columns are flush right.

    >>> print(grid(["a", "b|c"], [["1", "<i>"]], right=[True, False]))
    | a | b\|c |
    | ---: | --- |
    | 1 | &lt;i&gt; |
    """
    rule = ["---:" if flush else "---" for flush in right]
    body = [[escaped(cell) for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in ([escaped(it) for it in headings], rule, *body))


def escaped(text: str) -> str:
    r"""Return text that Markdown shows as it is: names come from files, and may hold anything.

    >>> escaped("a_b <script>*"), escaped("@team")
    ('a\\_b &lt;script&gt;\\*', '@\u200bteam')
    """
    flat = " ".join(text.split())
    plain = flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # A name must not call a team, and a backslash not undo what follows.
    return re.sub(r"([\\`*_\[\]|~#])", r"\\\1", plain).replace("@", "@\u200b")


def _numeric(sheet: Sheet, number: int) -> bool:
    return all(row[number] is None or isinstance(row[number], (int, float)) for row in sheet.rows)
