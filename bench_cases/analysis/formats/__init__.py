"""Formats: sheets as a terminal's tables, Markdown, CSV, JSON or LaTeX; one a file."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bench_cases.analysis.formats.csv_text import csv_text
from bench_cases.analysis.formats.json_text import json_text
from bench_cases.analysis.formats.latex import latex
from bench_cases.analysis.formats.markdown import markdown
from bench_cases.analysis.formats.terminal import terminal
from bench_cases.analysis.sheets.sheet import Sheet

FORMATS: Final[Mapping[str, Callable[[Sequence[Sheet], Sequence[str]], str]]] = {
    "table": terminal,
    "markdown": markdown,
    "csv": csv_text,
    "json": json_text,
    "latex": latex,
}
"""Name to what turns sheets, and lines that hold for all of them, into text."""

__all__ = ["FORMATS"]
