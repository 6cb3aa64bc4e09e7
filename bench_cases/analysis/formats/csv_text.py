"""One sheet as CSV: raw values, not rounded."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from bench_cases.analysis.sheets.sheet import Sheet, Value
from bench_cases.errors import ReportError


def csv_text(sheets: Sequence[Sheet], lines: Sequence[str]) -> str:  # noqa: ARG001 - a CSV has no room for lines
    """Return the only sheet as CSV.

    Raises
    ------
    ReportError
        For more than one sheet: their columns differ.
    """
    if len(sheets) != 1:
        names = ", ".join(sheet.name for sheet in sheets) or "none"
        msg = (
            f"{len(sheets)} tables as CSV ({names}); expected one, since their columns differ. Choose it: --table NAME."
        )
        raise ReportError(msg)
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    (sheet,) = sheets
    writer.writerow(column.name for column in sheet.columns)
    writer.writerows([_inert(value) for value in row] for row in sheet.rows)
    return file.getvalue()


def _inert(value: Value) -> Value:
    # A name that begins so is run as a formula by spreadsheets.
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "@", "\t")) else value
