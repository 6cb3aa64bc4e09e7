"""The record of speed as a file: strict JSON with a schema's version, read back for tables and figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench_cases.errors import ReportError
from bench_cases.report.device import with_device
from bench_cases.report.schema import Migration, upgrade
from bench_cases.report.strict_json import clean, dumps_report, loads
from bench_cases.speed.run import NAME, VERSION


def as_text(record: Mapping[str, Any]) -> str:
    """Return a record as it stands in a file."""
    return dumps_report(clean(record))


def read(path: Path) -> dict[str, Any]:
    """Read a record.

    Raises
    ------
    ReportError
        When the file cannot be read, is no record of speed, or of a version that is not known here.
    """
    try:
        found = loads(path.read_bytes())
    except OSError as problem:
        msg = f"{path}: cannot be read: {problem.strerror or problem}; expected a record that `sambench speed` wrote."
        raise ReportError(msg) from None
    except ValueError:
        found = None
    schema = found.get("schema") if isinstance(found, dict) else None
    if not isinstance(schema, dict) or schema.get("name") != NAME:
        msg = f"{path}: not a record of speed; expected a file that `sambench speed --json FILE` wrote. Name one."
        raise ReportError(msg)
    return upgrade(found, str(path), name=NAME, migrations=_MIGRATIONS, version=VERSION)


def _with_device(record: dict[str, Any]) -> dict[str, Any]:
    """Carry a record of version 1 forward: its device had fields of its own, and torch's switches among them."""
    environment = record.get("environment")
    device = environment.get("device") if isinstance(environment, Mapping) else None
    if not isinstance(device, Mapping):
        return record  # damaged: what needs it will say so
    names = {"tf32_products": "tf32_matmul", "tf32_convolutions": "tf32_cudnn"}
    switches = {names[name]: value for name, value in device.items() if name in names}
    carried = with_device(record)
    return {**carried, "environment": {**carried["environment"], "torch": switches}}


_MIGRATIONS: Final[Mapping[int, Migration]] = {1: _with_device}
