"""The journal on disk: one header line, then one line a record; read back as far as it is whole."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench_cases.errors import ReportError
from bench_cases.report.records import Records
from bench_cases.report.schema import upgrade
from bench_cases.report.strict_json import clean, dumps, encode, loads

NAME: Final = "sambench-journal"
VERSION: Final = 1
SUFFIX: Final = ".journal.jsonl"
_SEAL: Final = b'{"crc32": "'
_SEALED: Final = len(_SEAL) + 8 + 3


def journal_path(report_path: Path) -> Path:
    """Path of the journal that belongs to a report: ``<report>.journal.jsonl`` beside it."""
    return report_path.with_name(report_path.name + SUFFIX)


def header_line(header: Mapping[str, Any]) -> bytes:
    """Return the first line of a journal."""
    return _sealed(encode(dumps({"kind": "header", "schema": {"name": NAME, "version": VERSION}, "record": header})))


def record_line(kind: str, record: Mapping[str, Any]) -> bytes:
    """Return one line for one record of strict JSON."""
    return _sealed(encode(dumps({"kind": kind, "record": record})))


def _sealed(line: bytes) -> bytes:
    """Put the line's own checksum in front: a digit that a disk turned into another would still be JSON."""
    return b'{"crc32": "%08x", %s\n' % (zlib.crc32(line[1:]), line[1:])


def _intact(line: bytes) -> bool:
    """Whether a line is what was written; lines of earlier versions have no checksum and begin with another key."""
    if line[: len(_SEAL)] == _SEAL:
        return line[len(_SEAL) : _SEALED] == b'%08x", ' % zlib.crc32(line[_SEALED:])
    return line.startswith((b'{"kind": ', b'{"record": ', b'{"schema": '))


class JournalContent(NamedTuple):
    """What a journal holds; `whole_bytes` is the length up to the end of its last whole line."""

    header: dict[str, Any]
    records: Records
    notes: list[str]
    whole_bytes: int


def read_journal(path: Path) -> JournalContent | None:
    """Read a journal as far as it was written.

    A last line that was cut off by a crash is dropped, and a note says so. None when not even the header was written.

    Raises
    ------
    ReportError
        When a line before the last is damaged, with its number; or the file is not a journal of a known version.
    """
    try:
        content = path.read_bytes()
    except OSError as problem:
        msg = f"{path}: cannot be read: {problem.strerror or problem}; expected a journal of sambench."
        raise ReportError(msg) from None
    *lines, rest = content.split(b"\n")
    whole = len(content) - len(rest)
    notes = []
    if lines and not (_parses(lines[-1]) and _intact(lines[-1])):
        whole -= len(lines[-1]) + 1
        rest = lines.pop() + rest
    if rest:
        notes.append(
            f"{path.name}: line {len(lines) + 1} was cut off by a crash and is left out; its case counts as not run."
        )
    if not lines:
        return None
    header = _header(lines[0], path)
    records = Records()
    for number, line in enumerate(lines[1:], start=2):
        try:
            entry = loads(line)
            records.add(entry["kind"], entry["record"])
            _refuse_changed(line)
        except (ValueError, KeyError, TypeError, RecursionError, ReportError) as problem:
            msg = (
                f"{path}: line {number} of {len(lines)} is damaged ({problem}); expected one JSON record. "
                "Remove that line to keep the rest, or start afresh without --sam-resume."
            )
            raise ReportError(msg) from None
    return JournalContent(header, records, notes, whole)


def _refuse_changed(line: bytes) -> None:
    if not _intact(line):
        msg = "its checksum does not match"
        raise ValueError(msg)


def _parses(line: bytes) -> bool:
    try:
        loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _header(line: bytes, path: Path) -> dict[str, Any]:
    entry = upgrade(loads(line) if _parses(line) else None, str(path), name=NAME, migrations={}, version=VERSION)
    header = entry.get("record")
    if entry.get("kind") != "header" or not isinstance(header, dict) or not _intact(line):
        msg = f"{path}: line 1 is no header; expected kind 'header' with a record. Start afresh without --sam-resume."
        raise ReportError(msg)
    try:
        return normal_header(header)
    except ReportError as problem:
        msg = f"{path}: line 1: {problem} Start afresh without --sam-resume."
        raise ReportError(msg) from None


def normal_header(header: Mapping[str, Any]) -> dict[str, Any]:
    """Return a header in strict JSON.

    Raises
    ------
    ReportError
        When its settings, run or environment are missing or no mappings.
    """
    normal: dict[str, Any] = clean(header)
    for name in ("run", "settings", "environment"):
        normal.setdefault(name, {})
        if not isinstance(normal[name], dict):
            msg = f"{name} of the journal's header is {normal[name]!r:.80}; expected a mapping."
            raise ReportError(msg)
    return normal
