"""Writing the report: from the journal, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench_cases.report.assemble import assemble
from bench_cases.report.journal import Journal, now_utc
from bench_cases.report.report_file import write_atomically
from bench_cases.report.schema import validate


def write_report(report_path: Path, journal: Journal, *, tail: Mapping[str, Any]) -> Path:
    """Write the report and, once it is whole on disk, remove the journal.

    Parameters
    ----------
    report_path
        Where the report belongs.
    journal
        The run's open journal; closed and removed by this call.
    tail
        What is known only at the end: ``run`` (``exit_status``, ``complete``), ``models``, ``datasets``, ``not_run``.

    Returns
    -------
    pathlib.Path
        `report_path`.

    Raises
    ------
    ReportError
        When the report does not fit its own schema or the disk refuses; the journal is kept.
    """
    written_utc = now_utc()
    run = {"finished_utc": written_utc, **tail.get("run", {})}
    report = assemble(journal.header, journal.records, {**tail, "run": run}, now_utc=written_utc)
    validate(report, str(report_path))
    write_atomically(report_path, report)
    journal.discard()
    return report_path
