"""Sheets as LaTeX tables, for a paper: booktabs rules, one table a sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bench_cases.analysis.sheets.sheet import Sheet, shown

_SPECIAL: Final = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def latex(sheets: Sequence[Sheet], lines: Sequence[str]) -> str:
    """Return a ``table`` environment for each sheet; needs the package booktabs. Lines become comments."""
    parts = ["% \\usepackage{booktabs}"]
    parts += [f"% {' '.join(line.split())}" for line in lines]
    for sheet in sheets:
        align = "".join("l" if any(isinstance(row[n], str) for row in sheet.rows) else "r" for n in _places(sheet))
        rows = [" & ".join(escaped(column.name) for column in sheet.columns) + r" \\", r"\midrule"]
        rows += [
            " & ".join(escaped(shown(row[n], sheet.columns[n].digits)) for n in _places(sheet)) + r" \\"
            for row in sheet.rows
        ]
        caption = escaped(" ".join((sheet.title, *sheet.notes)))
        parts += [
            "",
            r"\begin{table}",
            rf"\caption{{{caption}}}",
            rf"\begin{{tabular}}{{{align}}}",
            r"\toprule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
        ]
    return "\n".join(parts) + "\n"


def escaped(text: str) -> str:
    r"""Return text that LaTeX sets as it is.

    >>> escaped("sam_vit 50 %")
    'sam\\_vit 50 \\%'
    """
    return "".join(_SPECIAL.get(letter, letter) for letter in " ".join(text.split()))


def _places(sheet: Sheet) -> range:
    return range(len(sheet.columns))
