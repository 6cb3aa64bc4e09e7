"""What a run prints at its end: the table, what a reader should know, the report's path and the next command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from bench_cases.cases import CaseResult
from bench_cases.pytest_plugin.bench import Bench
from bench_cases.pytest_plugin.case_errors import error_lines


def show(
    terminalreporter: Any,
    bench: Bench,
    *,
    notes: Sequence[str],
    not_run: Sequence[str],
    without_floor: Mapping[str, int],
    written: Path | None,
    not_written: str,
) -> None:
    """Print the end of a run.

    Parameters
    ----------
    not_run
        Lines about what was left out, where they were not printed before.
    without_floor
        Model to the number of its cases that passed because they have no floor.
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
    for line in error_lines(results):
        terminalreporter.write_line(line, red=True)
    for line in [*_about_floors(without_floor, results), *(f"note: {note}" for note in notes), *not_run]:
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


def _about_floors(without_floor: Mapping[str, int], results: Iterable[CaseResult]) -> list[str]:
    """Return the line about models that nothing is demanded of: they are green, however badly they do."""
    if not without_floor:
        return []
    ended = Counter(result.case.model for result in results if result.status != "error")
    whose = ", ".join(f"{model} ({_cases(found, ended[model])})" for model, found in without_floor.items())
    return [f"no floor is set for {whose}: they assert nothing and pass whatever they score; floors.toml sets one"]


def _cases(found: int, of: int) -> str:
    """Say how many cases, and of how many where that is not all.

    >>> _cases(1, 1), _cases(1, 4)
    ('1 case', '1 of 4 cases')
    """
    return f"{found} case{'s' * (found > 1)}" if found == of else f"{found} of {of} cases"


def _relative(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
