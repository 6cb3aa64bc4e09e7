"""``sambench check``: read every volume as a run would, and say which are fit."""

from __future__ import annotations

import csv
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from bench_cases.inspection.checks import Finding


def check(what: str, *, csv_file: str | None) -> int:
    """Print a row for each volume; return 1 when one cannot be used.

    Raises
    ------
    SelectionError, ConfigError
        For a name or folder that means nothing.
    """
    from rich.console import Console
    from rich.progress import track

    from bench_cases.cli._tables import table_console
    from bench_cases.inspection.checks import check_dataset
    from bench_cases.inspection.first_volume import first_volume_trouble
    from bench_cases.inspection.resolve import resolve

    named = resolve(what)
    dataset, target = named.dataset, named.target
    console = table_console()
    findings = list(
        track(
            check_dataset(dataset, target),
            description=dataset.name,
            total=len(dataset.volume_ids()),
            console=Console(stderr=True),
            transient=True,
        )
    )
    _print(console, findings, dataset.name, of_all=first_volume_trouble(named, findings))
    if csv_file is not None:
        _write(Path(csv_file), findings)
        console.print(f"table: {csv_file}", markup=False)
    return int(any(finding.error for finding in findings))


def _print(console: Console, findings: list[Finding], name: str, *, of_all: str) -> None:
    from rich.table import Column, Table

    # An id that is cut off cannot be typed after -k.
    table = Table(
        Column("volume", overflow="fold"),
        "size x y z",
        "spacing mm",
        "grey",
        "slices",
        "target ml",
        "verdict",
        box=None,
    )
    for each in findings:
        verdict = "UNUSABLE" if each.error else "look" if each.warnings else "ok"
        ml = "" if each.error else "?" if each.target_ml is None else f"{each.target_ml:,.1f}"
        slices = "" if each.error else str(each.slices_with_target)
        table.add_row(each.volume, each.size, each.spacing_mm, each.grey, slices, ml, verdict)
    console.print(table)
    for each in findings:
        for line in (*((each.error,) if each.error else ()), *each.warnings):
            console.print(f"  {each.volume}: {line}", soft_wrap=True, markup=False)
    if of_all:
        console.print(f"  {name}: {of_all}", soft_wrap=True, markup=False)
    bad = sum(bool(each.error) for each in findings)
    look = sum(bool(each.warnings) for each in findings)
    volumes = f"{len(findings)} volume{'' if len(findings) == 1 else 's'}"
    console.print(f"{name}: {volumes}, {bad} cannot be used, {look} to look at")


def _write(path: Path, findings: list[Finding]) -> None:
    from bench_cases.inspection.checks import Finding

    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, [field.name for field in fields(Finding)])
        writer.writeheader()
        for each in findings:
            writer.writerow({**asdict(each), "warnings": "; ".join(each.warnings)})
