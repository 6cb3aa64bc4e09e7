"""Reports and journals, without their checksums: whoever makes one up puts the right ones in, or none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from bench_cases.report import Journal, load
from bench_cases.report.journal_file import journal_path
from tests.faults.damage import journal_and_report
from tests.fuzz.target import Target
from tests.fuzz.trees import varied_json, varied_lines
from tests.report.report_examples import HEADER

_FRAMES = ("cases", "slices", "clicks", "costs", "timings", "prompts", "models")


def _report(content: bytes, folder: Path) -> None:
    (folder / "run.json").write_bytes(content)
    report = load(folder / "run.json")
    for name in _FRAMES:
        getattr(report, name)


def _journal(content: bytes, folder: Path) -> None:
    """Feed a journal to whoever reads it, and to the run that goes on from it."""
    path = folder / "run.json"
    journal_path(path).write_bytes(content)
    load(journal_path(path))
    with Journal.open(path, HEADER, resume=True):
        pass


def _reports(folder: Path) -> Iterator[bytes]:
    report = json.loads(journal_and_report(folder)[1])
    del report["checksum"]
    report["cases"] = report["cases"][:2]
    yield json.dumps(report).encode()


def _journals(folder: Path) -> Iterator[bytes]:
    lines = journal_and_report(folder)[0].splitlines(keepends=True)[:5]
    yield b"".join(lines)
    yield b"".join(b"{" + line.partition(b", ")[2] for line in lines)


TARGETS = (
    Target(name="report", feed=_report, corpus=_reports, vary=varied_json),
    Target(name="journal", feed=_journal, corpus=_journals, vary=varied_lines),
)
