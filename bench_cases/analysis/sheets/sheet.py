"""A sheet: columns, rows of plain values, and what must be said beneath them. How it is printed is not its affair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench_cases.analysis.compare import Comparison
from bench_cases.analysis.evidence import Evidence, Method
from bench_cases.analysis.leaderboards import RankBy

Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its heading, and the format of its numbers (``p`` for a p-value)."""

    name: str
    digits: str = ".4f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table.

    Parameters
    ----------
    name
        By which it is asked for.
    title
        What it shows, in a line.
    rows
        As many values a row as there are columns.
    notes
        Lines beneath.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What sheets are made of; evidence is worked out when the first sheet asks for it."""

    comparison: Comparison
    method: Method
    evidence: Callable[[], Sequence[Evidence]]
    rank_by: RankBy = "model"


def columns(*names: str | tuple[str, str]) -> tuple[Column, ...]:
    """Return columns from headings, or pairs of heading and number format."""
    return tuple(Column(name=name) if isinstance(name, str) else Column(name=name[0], digits=name[1]) for name in names)


KEY = columns("dataset", "strategy", "A", "B", "metric")
"""What every row about a pair of models begins with."""


def key(found: Evidence) -> tuple[Value, ...]:
    """Return the values of `KEY`; a synthetic dataset says so."""
    row = found.row
    dataset = f"{row.dataset} PHANTOM" if row.phantom else row.dataset
    return (dataset, row.strategy, row.a, row.b, row.metric)


def shown(value: Value, digits: str = ".4f") -> str:
    """Return a value as text.

    >>> shown(None), shown(0.5), shown(3), shown(0.00001, "p"), shown(True)
    ('-', '0.5000', '3', '<0.0001', 'yes')
    """
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not isinstance(value, float):
        return str(value)
    if digits == "p":
        return "<0.0001" if value < 0.0001 else f"{value:.4f}"
    return format(value, digits)
