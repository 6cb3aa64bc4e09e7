"""Sheets as strict JSON: raw values by column."""

from __future__ import annotations

from collections.abc import Sequence

from bench_cases.analysis.sheets.sheet import Sheet
from bench_cases.report.strict_json import clean, dumps


def json_text(sheets: Sequence[Sheet], lines: Sequence[str]) -> str:
    """Return ``{"tables": {name: {title, rows, notes}}, "notes": [...]}``; what is undefined is null."""
    tables = {
        sheet.name: {
            "title": sheet.title,
            "rows": [dict(zip((column.name for column in sheet.columns), row, strict=True)) for row in sheet.rows],
            "notes": list(sheet.notes),
        }
        for sheet in sheets
    }
    return dumps(clean({"tables": tables, "notes": list(lines)})) + "\n"
