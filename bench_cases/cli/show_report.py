"""``sambench report``: the table of a report."""

from __future__ import annotations


def show_report(file: str) -> int:
    """Print the table of a report or journal.

    Raises
    ------
    ReportError
        When the file is damaged or of an unknown schema.
    """
    from pathlib import Path

    from rich.console import Console

    from bench_cases.report import load, study_rows, study_table, summary, table
    from bench_cases.report.device import in_full
    from bench_cases.report.width import printed_width

    report = load(Path(file))
    console = Console(highlight=False, width=printed_width())
    console.print(table.render(summary.summarise(report.results)))
    study = report.raw.get("study")
    if study is not None:
        console.print()
        console.print(study_table.render(study, study_rows.study_rows(study, report.results)))
    console.print(f"on {in_full(report.raw['environment']['device'])}", style="dim")
    for note in report.notes:
        console.print(f"note: {note}", style="dim")
    if not report.complete:
        console.print("This run was not finished; `pytest ... --sam-resume --sam-report FILE` goes on with it.")
    return 0
