"""The journal: results go to disk case by case, so that a crash loses nothing but the case in hand (decision 9)."""

from __future__ import annotations

import glob
import os
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench_cases.cases import CaseResult
from bench_cases.errors import ReportError
from bench_cases.report.differences import differences
from bench_cases.report.journal_file import header_line, journal_path, normal_header, read_journal, record_line
from bench_cases.report.lock import ReportLock
from bench_cases.report.records import Records
from bench_cases.report.resume import refuse_other_settings, seed_from_report
from bench_cases.report.strict_json import clean, digest


class Journal:
    """An open journal; made by `Journal.open`, used as a context manager.

    Leaving the context closes the file and gives the lock back; the journal itself stays until
    `bench_cases.report.write.write_report` has made a report of it.

    Attributes
    ----------
    path
        The journal's file.
    header
        ``run``, ``settings`` (``values`` and ``sha256``), ``environment``.
    records
        Everything recorded so far.
    resumed
        Whether this run goes on from an earlier one.
    set_aside
        Where the journal of an earlier, unfinished run was moved, or None.
    notes
        What the user should be told, one line each.
    """

    def __init__(self, path: Path, lock: ReportLock) -> None:
        self.path = path
        self.header: dict[str, Any] = {}
        self.records = Records()
        self.resumed = False
        self.set_aside: Path | None = None
        self.notes: list[str] = []
        self._lock = lock
        self._descriptor: int | None = None

    @classmethod
    def open(cls, report_path: Path, header: Mapping[str, Any], *, resume: bool = False) -> Journal:
        """Open the journal beside `report_path` for one run.

        Parameters
        ----------
        header
            ``settings``: every switch that changes a result or a timing; ``environment``: from
            `bench_cases.report.environment.describe`; ``run``: ``command``, ``selection`` and what else is known at the
            start. ``run.id`` and ``run.started_utc`` are filled in.
        resume
            Go on from the journal of an interrupted run, or else from the report that lies there; with neither, start
            afresh. Without it, a journal left by an interrupted run is moved aside, not overwritten.

        Raises
        ------
        ReportError
            When another run writes this report, the folder cannot be written, the journal is damaged, or the settings
            differ from those of the run to be resumed.
        """
        journal = cls(journal_path(report_path), ReportLock(report_path))
        try:
            for half_written in report_path.parent.glob(f".{glob.escape(report_path.name)}.*.tmp"):
                half_written.unlink(
                    missing_ok=True
                )  # by a run that was killed while it wrote; the lock says it is dead
            normal = normal_header(header)
            normal["settings"] = {"values": normal["settings"], "sha256": digest(normal["settings"])}
            if not (resume and journal._resume(report_path, normal)):
                journal._start(normal)
        except BaseException:
            journal.close()
            raise
        return journal

    def _start(self, header: dict[str, Any]) -> None:
        self._move_aside()
        header["run"].setdefault("id", uuid.uuid4().hex)
        header["run"].setdefault("started_utc", now_utc())
        self.header = header
        self._open_file()
        self._write(header_line(header))

    def _resume(self, report_path: Path, header: dict[str, Any]) -> bool:
        if not self.path.exists() and not seed_from_report(report_path, self.path):
            return False
        content = read_journal(self.path)
        if content is None:
            return False
        refuse_other_settings(content.header, header, self.path)
        self.header, self.records, self.resumed = content.header, content.records, True
        self.notes.extend(content.notes)
        self._open_file()
        os.ftruncate(self._file, content.whole_bytes)
        changed = [str(found) for found in differences(content.header.get("environment", {}), header["environment"])]
        record = {"at_utc": now_utc(), "notes": [*content.notes, *changed]}
        self.records.add("resumed", record)
        self._write(record_line("resumed", record))
        self.notes.extend(changed)
        return True

    def _move_aside(self) -> None:
        if not self.path.exists() or self.path.stat().st_size == 0:
            return
        number = 1
        while (aside := self.path.with_name(self.path.name.replace(".jsonl", f".{number}.jsonl"))).exists():
            number += 1
        self.path.rename(aside)
        self.set_aside = aside
        self.notes.append(
            f"the journal of an unfinished run was kept as {aside.name}; --sam-resume would have gone on from it."
        )

    @property
    def results(self) -> dict[str, CaseResult]:
        """Results by the case's key; of a case run twice, the last."""
        return self.records.results

    @property
    def latency(self) -> dict[str, dict[str, Any]]:
        """Rows of latency cases by their full names."""
        return self.records.latency

    @property
    def run_id(self) -> str:
        """Unique name of the run, kept when it is resumed."""
        return str(self.header["run"]["id"])

    def append(self, kind: str, record: Mapping[str, Any]) -> None:
        """Put one record on disk; when this returns, a crash cannot lose it.

        Parameters
        ----------
        kind
            ``case`` (`CaseResult.to_json`), ``latency`` (a row of pytest-benchmark), ``model`` or ``dataset`` (facts
            with a ``name``), ``not_run`` (``what``, ``reason``, ``remedy``), ``shard`` (what
            part of a selection this is).

        Raises
        ------
        ReportError
            When the record does not fit its schema, the journal is closed, or the disk refuses.
        """
        strict = clean(record)
        self.records.add(kind, strict)
        self._write(record_line(kind, strict))

    def _open_file(self) -> None:
        self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    @property
    def _file(self) -> int:
        if self._descriptor is None:
            msg = f"{self.path} is closed; expected an open journal. Record results before the report is written."
            raise ReportError(msg)
        return self._descriptor

    def _write(self, line: bytes) -> None:
        descriptor = self._file
        before = os.fstat(descriptor).st_size
        try:
            view = memoryview(line)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        except OSError as problem:
            os.ftruncate(descriptor, before)
            msg = (
                f"{self.path}: cannot be written: {problem.strerror or problem}; expected room for {len(line)} bytes. "
                "Everything before is safe: make room and go on with --sam-resume."
            )
            raise ReportError(msg) from None

    def close(self) -> None:
        """Close the file and give the lock back; the journal stays. A second call does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        self._lock.release()

    def discard(self) -> None:
        """Close and remove the journal: everything in it is in the report."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
        self.path.unlink(missing_ok=True)
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def now_utc() -> str:
    """Return the time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
