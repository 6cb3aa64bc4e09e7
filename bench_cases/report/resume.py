"""Going on from an interrupted run: what must be the same, and what is noted when it is not."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench_cases.errors import ReportError
from bench_cases.report.differences import differences
from bench_cases.report.journal_file import header_line, record_line
from bench_cases.report.report_file import read_report


def refuse_other_settings(old: Mapping[str, Any], new: Mapping[str, Any], path: Path) -> None:
    """Raise when a run would go on under other settings than it was started with.

    Raises
    ------
    ReportError
        With the names of the settings that differ and both values.
    """
    before, after = old.get("settings", {}), new["settings"]
    if before.get("sha256") == after["sha256"]:
        return
    changed = "; ".join(map(str, differences(before.get("values", {}), after["values"]))) or "the digest differs"
    msg = (
        f"{path}: the interrupted run had other settings ({changed}); expected the same. "
        "Resume with those it was started with, or start afresh without --sam-resume."
    )
    raise ReportError(msg)


def seed_from_report(report_path: Path, journal: Path) -> bool:
    """Write a journal that says what the report at `report_path` says; False when there is none.

    A run that was interrupted by hand has ended with a report that is not complete, and no journal.
    """
    if not report_path.exists():
        return False
    report = read_report(report_path)
    header = {"run": _bare(report["run"]), "settings": report["settings"], "environment": report["environment"]}
    if "study" in report:
        header["study"] = {name: value for name, value in report["study"].items() if name != "table"}
    lines = [header_line(header)]
    lines.extend(record_line("model", {"name": name, **facts}) for name, facts in report["models"].items())
    lines.extend(record_line("dataset", {"name": name, **facts}) for name, facts in report["datasets"].items())
    lines.extend(record_line("case", case) for case in report["cases"])
    lines.extend(
        record_line("latency", row)
        for row in report["benchmarks"]
        if row["extra_info"].get("source") != "stage samples"
    )
    notes = report["run"]["notes"]
    for at_utc in report["run"]["resumes_utc"]:
        lines.append(record_line("resumed", {"at_utc": at_utc, "notes": notes}))
        notes = []
    temporary = journal.with_name(journal.name + f".{os.getpid()}.tmp")
    temporary.write_bytes(b"".join(lines))
    temporary.replace(journal)
    return True


def _bare(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was known of a run when it started."""
    at_the_end = ("finished_utc", "resumed", "resumes_utc", "complete", "exit_status", "counts", "notes", "engine")
    return {name: value for name, value in run.items() if name not in at_the_end}
