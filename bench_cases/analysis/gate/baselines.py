"""Baselines: one kept report for each device, as files that can be committed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from bench_cases.analysis.gate.device import device_of, slug
from bench_cases.errors import ReportError
from bench_cases.report.read import Report, load

FOLDER: Final = Path("reports/baselines")


def keep(report: Report, folder: Path) -> Path:
    """Keep a report as the baseline of its device, in the place of the one before, and return where.

    Raises
    ------
    ReportError
        When the run is not complete, has no case, or a case ended in an error: what is missing from a baseline is not
        protected by it.
    """
    errors = [result.case.key for result in report.results if result.status == "error"]
    if not report.results or not report.complete or errors:
        what = (
            f"{len(errors)} cases ended in an error ({', '.join(errors[:3])})"
            if errors
            else "the run is not complete"
            if report.results
            else "it holds no case"
        )
        msg = f"{report.path}: {what}; expected a complete run without errors. Run it again, then set the baseline."
        raise ReportError(msg)
    target = folder / f"{slug(device_of(report))}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.partial")
        partial.write_bytes(report.path.read_bytes())
        partial.replace(target)
    except OSError as problem:
        msg = f"{target}: cannot be written: {problem.strerror or problem}; expected a folder that may be written to."
        raise ReportError(msg) from None
    return target


def kept_for(report: Report, folder: Path) -> Report:
    """Return the baseline of a report's device.

    Raises
    ------
    ReportError
        When there is none; with those there are.
    """
    device = device_of(report)
    path = folder / f"{slug(device)}.json"
    if not path.exists():
        others = ", ".join(sorted(it.stem for it in folder.glob("*.json"))) or "none"
        msg = (
            f"{folder}: no baseline for {device}; expected {path.name}, found {others}. "
            "Run `sambench baseline set RUN.json` on this device, or give one with --baseline."
        )
        raise ReportError(msg)
    return load(path)


def all_kept(folder: Path) -> list[Report]:
    """Return all baselines of a folder, by file name.

    Raises
    ------
    ReportError
        When one of them cannot be read.
    """
    return [load(path) for path in sorted(folder.glob("*.json"))]
