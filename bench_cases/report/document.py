"""The field-by-field part of ``reports/README.md``, made from the schema: ``python -m bench_cases.report.document``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from bench_cases.report.fields import Field, outline
from bench_cases.report.marked_part import MarkedPart
from bench_cases.report.schema import REPORT

BEGIN: Final = "<!-- fields: begin (python -m bench_cases.report.document reports/README.md) -->"
END: Final = "<!-- fields: end -->"


def field_table(spec: Field = REPORT) -> str:
    """Return the fields as a Markdown table for each top-level field: path, type, meaning."""
    blocks: list[str] = []
    for name, member in spec.fields.items():
        rows = [(name, member), *((f"{name}{_joint(path)}{path}", below) for path, below in outline(member))]
        lines = [f"### `{name}`", "", "| field | type | meaning |", "|---|---|---|"]
        lines += [f"| `{path}` | {_kind(found)} | {found.doc} |" for path, found in rows]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _joint(path: str) -> str:
    return "" if path.startswith(("[", ".")) else "."


def _kind(field: Field) -> str:
    kind = (
        f"{field.kind} of {field.item.kind}" if field.item is not None and field.kind in ("list", "map") else field.kind
    )
    return kind + (" or null" if field.nullable else "") + ("" if field.required else ", may be absent")


PART: Final = MarkedPart(begin=BEGIN, end=END, make=field_table)


if __name__ == "__main__":
    PART.refresh(Path(sys.argv[1]))
