"""A comparison on paper: as a rich renderable and as CSV."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import astuple, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench_cases.analysis.compare import Comparison
from bench_cases.analysis.pairing import Key
from bench_cases.analysis.rows import ComparisonRow
from bench_cases.errors import ReportError

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_SHOWN_LEFT_OUT = 10
_SHOWN_NAMES = 3


def render(comparison: Comparison) -> RenderableType:
    """Return what ``rich.print`` shows: a table for each pair of models, dataset and strategy, and footnotes."""
    from rich.console import Group
    from rich.text import Text

    groups: dict[tuple[str, str, str, str, bool], list[ComparisonRow]] = {}
    for row in with_pairs(comparison).rows:
        groups.setdefault((row.a, row.b, row.dataset, row.strategy, row.phantom), []).append(row)
    parts: list[RenderableType] = []
    for (a, b, dataset, strategy, phantom), rows in groups.items():
        heading = Text(dataset, style="bold")
        if phantom:
            heading.append(" PHANTOM", style="yellow")
        parts.extend((heading.append(f"  {strategy}", style="not bold"), Text(f"A {a}   B {b}"), _table(rows), Text()))
    parts.extend(Text(line) for line in footnotes(comparison))
    return Group(*parts)


def with_pairs(comparison: Comparison) -> Comparison:
    """Return a comparison without the tests of no pair: a table of dashes says nothing that is not said beneath."""
    tested = [(row, group) for row, group in zip(comparison.rows, comparison.groups, strict=True) if row.n]
    return replace(comparison, rows=tuple(row for row, _ in tested), groups=tuple(group for _, group in tested))


def _table(rows: Iterable[ComparisonRow]) -> Table:
    from rich.box import HORIZONTALS
    from rich.table import Table
    from rich.text import Text

    table = Table(box=HORIZONTALS, padding=0, pad_edge=False, show_edge=False)
    table.add_column("metric", no_wrap=True)
    for name in ("n", "A", "B", "A - B", "95 % interval", "t", "p"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell) for cell in cells(row)))
    return table


def cells(row: ComparisonRow) -> tuple[str, ...]:
    """Return one row as text; latencies in milliseconds, with A / B in the place of A - B."""
    if row.scale == "ratio":
        means = tuple("-" if value is None else f"{1000 * value:.2f}" for value in (row.mean_a, row.mean_b))
        estimate, low, high = ("-" if value is None else f"{value:.3g}" for value in (row.estimate, row.low, row.high))
        estimate = estimate if row.estimate is None else f"x {estimate}"
    else:
        means = tuple("-" if value is None else f"{value:.4f}" for value in (row.mean_a, row.mean_b))
        estimate, low, high = ("-" if value is None else f"{value:+.4f}" for value in (row.estimate, row.low, row.high))
    interval = "-" if row.low is None else f"{low} .. {high}"
    unit = " ms" if row.scale == "ratio" else " mm" if row.metric == "hd95" else ""
    metric = f"{row.metric}{unit}"
    t = "-" if row.t is None else f"{row.t:.2f}"
    return (metric, str(row.n), *means, estimate, interval, t, p_value(row.p), row.verdict)


def p_value(p: float | None) -> str:
    """Return a p-value with four decimals, never as zero.

    >>> p_value(0.04321), p_value(1e-30), p_value(None)
    ('0.0432', '<0.0001', '-')
    """
    if p is None:
        return "-"
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"


def footnotes(comparison: Comparison) -> list[str]:
    """Return the lines below the tables: what the columns mean, warnings, what differs, what was left out."""
    unit = "slice" if any(row.unit == "slice" for row in comparison.rows) else "volume"
    lines = [f"n: pairs, the unit is the {unit}. A - B: mean difference. x: time of A over time of B."]
    if len(comparison.sources) == 2:
        lines += [f"{side}: {source}" for side, source in zip("AB", comparison.sources, strict=True)]
    lines += [f"! {warning}" for warning in comparison.warnings]
    lines += [f"differs: {difference}" for difference in comparison.differences]
    left_out = _left_out(comparison)
    lines += left_out[:_SHOWN_LEFT_OUT]
    if len(left_out) > _SHOWN_LEFT_OUT:
        lines.append(f"left out: {len(left_out) - _SHOWN_LEFT_OUT} lines more; --csv lists all.")
    return lines


def _left_out(comparison: Comparison) -> list[str]:
    """Return one line for all that a pair of models lacks in a dataset and strategy for the same reason."""
    groups: dict[tuple[str, ...], list[Key]] = {}
    for a, b, left in comparison.left_out:
        groups.setdefault((a, b, left.key.dataset, left.key.strategy, left.reason), []).append(left.key)
    lines = []
    for (a, b, dataset, strategy, reason), keys in groups.items():
        names = [key.volume if key.slice_index is None else f"{key.volume} slice {key.slice_index}" for key in keys]
        shown = ", ".join(names[:_SHOWN_NAMES]) + (
            f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
        )
        lines.append(f"left out (A {a}, B {b}): {dataset} {strategy}: {reason}: {shown}")
    return lines


def write_csv(comparison: Comparison, path: Path) -> None:
    """Write every test, then every observation left out (with its reason in the column ``left_out``), as CSV.

    Raises
    ------
    ReportError
        When the file cannot be written.
    """
    columns = [field.name for field in fields(ComparisonRow)]
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow([*columns, "volume", "slice", "left_out"])
            writer.writerows([*astuple(row), "", "", ""] for row in comparison.rows)
            blank = dict.fromkeys(columns)
            for a, b, left in comparison.left_out:
                row = blank | {"dataset": left.key.dataset, "strategy": left.key.strategy, "a": a, "b": b}
                writer.writerow([*row.values(), left.key.volume, left.key.slice_index, left.reason])
    except OSError as problem:
        msg = f"{path}: cannot be written: {problem.strerror or problem}; expected a path that this user may write to."
        raise ReportError(msg) from None
