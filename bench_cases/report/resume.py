"""Going on from an interrupted run: what must be the same, and what is noted when it is not."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
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

    Raises
    ------
    ReportError
        When the report is not as it was written: what goes on from it would be sealed anew.
    """
    if not report_path.exists():
        return False
    content = read_report(report_path)
    if not content.sealed:
        msg = (
            f"{report_path}: it has no checksum, so it may not be as it was written; expected the report that the "
            "interrupted run wrote. Start afresh without --sam-resume."
        )
        raise ReportError(msg)
    report = content.report
    header = header_of(report)
    lines = [header_line(header), *(record_line(kind, record) for kind, record in records_of(report))]
    temporary = journal.with_name(journal.name + f".{os.getpid()}.tmp")
    temporary.write_bytes(b"".join(lines))
    temporary.replace(journal)
    return True


def header_of(report: Mapping[str, Any]) -> dict[str, Any]:
    """Return the journal's header that a report was assembled from."""
    # The device is told by the models' records, which come after the header.
    environment = {name: value for name, value in report["environment"].items() if name != "device"}
    header = {"run": _bare(report["run"]), "settings": report["settings"], "environment": environment}
    if "study" in report:
        header["study"] = {name: value for name, value in report["study"].items() if name != "table"}
    return header


def records_of(report: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the journal's records, kind and content, that a report was assembled from."""
    run = report["run"]
    yield from (("model", {"name": name, **facts}) for name, facts in report["models"].items())
    yield from (("dataset", {"name": name, **facts}) for name, facts in report["datasets"].items())
    yield from (("case", case) for case in report["cases"])
    for row in report["benchmarks"]:
        if row["extra_info"].get("source") != "stage samples":
            yield "latency", row
    notes = run["notes"]
    for at_utc in run["resumes_utc"]:
        yield "resumed", {"at_utc": at_utc, "notes": notes}
        notes = []
    if "shard" in run:
        yield "shard", run["shard"]


def _bare(run: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was known of a run when it started."""
    at_the_end = {
        "finished_utc",
        "resumed",
        "resumes_utc",
        "complete",
        "exit_status",
        "counts",
        "notes",
        "shard",
        "engine",
    }
    return {name: value for name, value in run.items() if name not in at_the_end}
