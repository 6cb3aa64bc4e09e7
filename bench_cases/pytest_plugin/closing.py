"""What a run prints at its end: the table, what a reader should know, the report's path and the next command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench_cases.pytest_plugin.bench import Bench


def show(
    terminalreporter: Any,
    bench: Bench,
    *,
    notes: Sequence[str],
    not_run: Sequence[str],
    written: Path | None,
    not_written: str,
) -> None:
    """Print the end of a run.

    Parameters
    ----------
    not_run
        Lines about what was left out, where they were not printed before.
    written, not_written
        The report, or why there is none.
    """
    from rich.console import Console

    from bench_cases.report import summary, table

    writer = terminalreporter._tw  # noqa: SLF001 - pytest offers no public handle on its terminal
    terminalreporter.section("sambench")
    console = Console(file=writer._file, width=max(writer.fullwidth, 100), force_terminal=writer.hasmarkup)  # noqa: SLF001
    results = list(bench.results.values())
    console.print(table.render(summary.summarise(results)))
    for line in [*(f"note: {note}" for note in notes), *not_run]:
        terminalreporter.write_line(line)
    study = bench.study_record
    if study is not None:
        from bench_cases.report import study_rows, study_table

        console.print()
        console.print(study_table.render(study, study_rows.study_rows(study, results)))
    if not_written:
        terminalreporter.write_line(f"error: {not_written}", red=True, bold=True)
    if written is not None:
        shown = _relative(written, bench.config.rootpath)
        terminalreporter.write_line(f"report: {shown}")
        terminalreporter.write_line(
            f"next:   python reports/ttest.py {shown}    (which model is better, and is it chance?)"
        )


def _relative(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
