"""The table of published against measured, as a reader of the paper reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from bench_cases.report.study_rows import EVERY_SET, StudyRow
from bench_cases.report.table import number
from bench_cases.studies.overrides import Override, lines

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

MOST_UNPUBLISHED: Final = 40
"""Rows without a published figure, up to which they are shown; the report has all of them."""


def render(study: Mapping[str, Any], rows: Sequence[StudyRow]) -> RenderableType:
    """Return what ``rich.print`` shows: a table for each set, sources and notes beneath.

    Parameters
    ----------
    study
        A report's field ``study``.
    rows
        Its rows, from `bench_cases.report.study_rows.study_rows`.
    """
    from rich.console import Group
    from rich.text import Text

    shown = _shown(rows)
    sources = list(dict.fromkeys(row.source for row in shown if row.source))
    parts: list[RenderableType] = [Text(f"study {study['name']}: {study['title']}", style="bold")]
    for _, members in groupby(shown, key=lambda row: row.set):
        group = list(members)
        parts += [_heading(group), _table(group, sources, unit=study["unit"])]
    parts += [Text(line, style="dim") for line in notes(study, rows, sources, left_out=len(rows) - len(shown))]
    return Group(*parts)


def _shown(rows: Sequence[StudyRow]) -> list[StudyRow]:
    """Leave out what the study gives no figure for when there is much of it: a grid over many sets fills no page."""
    unpublished = sum(not row.source for row in rows)
    return [row for row in rows if row.source or unpublished <= MOST_UNPUBLISHED]


def _heading(rows: Sequence[StudyRow]) -> Text:
    from rich.text import Text

    one = next((row for row in rows if row.sets), rows[0])
    if one.set == EVERY_SET:
        text = Text(f"mean over the study's sets ({one.sets} run)", style="bold")
    else:
        text = Text(one.set, style="bold")
        if one.dataset is not None and one.dataset != one.set:
            text.append(f" as {one.dataset}", style="not bold")
    if one.phantom:
        text.append(" PHANTOM", style="yellow")
    if one.stand_in:
        text.append(" STAND-IN", style="yellow")
    return text if one.sets else text.append("  not run", style="not bold")


def _table(rows: Sequence[StudyRow], sources: Sequence[str], *, unit: str) -> Table:
    from rich.box import HORIZONTALS
    from rich.table import Table
    from rich.text import Text

    table = Table(box=HORIZONTALS, padding=0, pad_edge=False, show_edge=False)
    table.add_column("model", no_wrap=True)
    table.add_column("strategy", overflow="fold")
    measured = "PHANTOM" if any(row.phantom for row in rows) else "measured"
    headings = ["slices\npubl." if unit == "slice" else "volumes\npubl.", "run"]
    for name in ("Dice", "Jaccard"):
        headings += [f"{name}\npubl.", measured, "diff."]
    for name in headings:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for row in rows:
        over = (row.slices_published, row.slices) if unit == "slice" else (row.volumes_published, row.volumes)
        cells = ["-" if over[0] is None else str(over[0]), str(over[1]) if row.sets else "-"]
        cells += [number(row.dice_published, 4), number(row.dice, 4), signed(row.dice_difference)]
        cells += [number(row.jaccard_published, 4), number(row.jaccard, 4), signed(row.jaccard_difference)]
        cells.append(f"[{sources.index(row.source) + 1}]" if row.source else "")
        table.add_row(*(Text(cell) for cell in (row.model, row.strategy, *cells)))
    return table


def signed(value: float | None) -> str:
    """Return a difference with its sign and four decimals, or a dash.

    >>> signed(0.01234), signed(-0.5), signed(None)
    ('+0.0123', '-0.5000', '-')
    """
    return "-" if value is None else f"{value:+.4f}"


def notes(
    study: Mapping[str, Any], rows: Sequence[StudyRow], sources: Iterable[str], *, left_out: int = 0
) -> list[str]:
    """Return the lines that stand below the tables."""
    found = [f"[{place}] {source}" for place, source in enumerate(sources, start=1)]
    slices = "slices with target" if study["empty"] == "nonempty" else "all slices"
    over = f"{slices}, pooled over volumes" if study["unit"] == "slice" else f"volumes, {slices}"
    found.append(f"measured: mean over {over}. diff.: measured minus published.")
    ran_as = {row.model: row.run_model for row in rows if row.run_model not in {None, row.model}}
    found += [f"model {model} was run as {micro}." for model, micro in ran_as.items()]
    if any(row.phantom for row in rows):
        found.append("PHANTOM: synthetic volumes; nothing follows about the study, and no difference is taken.")
    if any(row.stand_in for row in rows):
        found.append("STAND-IN: a phantom of another set, or a micro model of another family, took the place.")
    if any(row.set == EVERY_SET and row.sets < len(study["sets"]) for row in rows):
        found.append(f"the mean over sets is over those that were run, of the study's {len(study['sets'])}.")
    if any(row.errors for row in rows):
        errors = sum(row.errors for row in rows if row.set != EVERY_SET)
        found.append(f"errors: {errors} cases left no scores; the means leave them out.")
    if not any(row.source for row in rows):
        found.append("the preset has no published figures for these cells.")
    if left_out:
        found.append(f"{left_out} cells without a published figure are in the report only (study.table).")
    found += lines([Override(**it) for it in study["overrides"]])
    return found + [f"note: {line}" for line in study["notes"]]
