"""A report on disk: read strictly, written so that it is there whole or not at all."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench_cases.errors import ReportError
from bench_cases.report.schema import validate
from bench_cases.report.strict_json import dumps_report, encode, loads

_CHECKSUM: Final = re.compile(rb'^ "checksum": "sha256:[0-9a-f]{64}",\n', re.MULTILINE)


class Content(NamedTuple):
    """What was read.

    Parameters
    ----------
    report
        The JSON, validated and in the current schema version.
    sealed
        Whether it had a checksum, which agreed.
    version
        Schema version of the file.
    """

    report: dict[str, Any]
    sealed: bool
    version: int


def read_report(path: Path) -> Content:
    """Return what a report's file holds.

    Raises
    ------
    ReportError
        When the file cannot be read, is not strict JSON, or is not a report.
    """
    try:
        content = path.read_bytes()
    except OSError as problem:
        msg = f"{path}: cannot be read: {problem.strerror or problem}; expected a report written by `pytest benchmark`."
        raise ReportError(msg) from None
    try:
        report = loads(content)
    except (ValueError, RecursionError) as problem:
        msg = f"{path}: not strict JSON: {problem}; expected a report written by `pytest benchmark`. Run it again."
        raise ReportError(msg) from None
    sealed = _unsealed(path, content, report)
    current = validate(report, str(path))
    return Content(current, sealed, int(report["schema"]["version"]))


def _unsealed(path: Path, content: bytes, report: Any) -> bool:
    """Take the checksum out of a report that has one, after comparing it: a changed digit would still be JSON."""
    told = report.pop("checksum", None) if isinstance(report, dict) else None
    if told is not None and told != _checksum(_CHECKSUM.sub(b"", content, count=1)):
        msg = (
            f"{path}: it was changed or damaged after it was written: its checksum does not match; expected the "
            "file as `pytest benchmark` wrote it. Copy it again, or run the benchmark again."
        )
        raise ReportError(msg)
    return told is not None


def _sealed(report: Mapping[str, Any]) -> bytes:
    """Return a report as it is written, with a checksum over all its lines but the one that it stands on."""
    empty = b' "checksum": "",\n'
    before, _, after = encode(dumps_report({**report, "checksum": ""})).partition(empty)
    return before + empty[:-3] + _checksum(before + after).encode() + empty[-3:] + after


def _checksum(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def write_atomically(path: Path, report: Mapping[str, Any]) -> None:
    """Write a report beside its place, put it on disk, and only then give it its name.

    Raises
    ------
    ReportError
        When the disk refuses; what lay at `path` before is untouched.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(_sealed(report))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as problem:
        temporary.unlink(missing_ok=True)
        msg = (
            f"{path}: the report cannot be written: {problem.strerror or problem}; expected a folder with room. "
            "Nothing is lost: the journal beside it has every result. Make room and go on with --sam-resume."
        )
        raise ReportError(msg) from None
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Put the new name on disk too, where the system lets a folder be opened (not on Windows)."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
