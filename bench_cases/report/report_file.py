"""A report on disk: read strictly, written so that it is there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench_cases.errors import ReportError
from bench_cases.report.schema import validate
from bench_cases.report.strict_json import dumps_report, encode, loads


def read_report(path: Path) -> dict[str, Any]:
    """Return a report's JSON, validated and in the current schema version.

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
    return validate(report, str(path))


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
            file.write(encode(dumps_report(report)))
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
