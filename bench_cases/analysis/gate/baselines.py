"""Baselines: one kept report for each device, as files that can be committed."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from bench_cases.analysis.gate.device import device_of, slug
from bench_cases.analysis.gate.fit import stopped
from bench_cases.errors import ReportError
from bench_cases.report.agreement import ROUNDING
from bench_cases.report.read import Report, load
from bench_cases.report.summary import summarise

FOLDER: Final = Path("reports/baselines")

_FAILED: Final = "failed"


class Kept(NamedTuple):
    """Where a baseline was kept, and the one whose place it took."""

    path: Path
    before: Report | None


def keep(report: Report, folder: Path, *, accept_failed: bool = False) -> Kept:
    """Keep a report as the baseline of its device, in the place of the one before.

    Parameters
    ----------
    accept_failed
        Keep a run with cases below their floors, or with tests that failed, all the same.

    Raises
    ------
    ReportError
        When the run is not as it was written, did not come to its end, has no case, or one that ended in an error or
        (unless `accept_failed`) failed: what is missing from a baseline, or bad in it, is not protected by it.
    """
    what = _unfit(report, accept_failed=accept_failed)
    if what:
        accept = ", or say --accept-failed" if what.endswith(_FAILED) else ""
        msg = (
            f"{report.path}: {what}; expected a complete run, as it was written, without errors or failures. "
            f"Run it again, then set the baseline{accept}."
        )
        raise ReportError(msg)
    target = folder / f"{slug(device_of(report))}.json"
    before = _readable(target)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        partial = target.with_name(f".{target.name}.partial")
        partial.write_bytes(report.path.read_bytes())
        partial.replace(target)
    except OSError as problem:
        msg = f"{target}: cannot be written: {problem.strerror or problem}; expected a folder that may be written to."
        raise ReportError(msg) from None
    return Kept(target, before)


def _unfit(report: Report, *, accept_failed: bool) -> str:
    """Return why a run protects nothing; an empty string when it does."""
    errors, failed = (
        [result.case.key for result in report.results if result.status == status] for status in ("error", "failed")
    )
    status = report.raw["run"]["exit_status"]
    found = {
        "it holds no case": not report.results,
        "it has no checksum, so it may not be as it was written": not report.sealed,
        "the run is not complete": stopped(report),
        f"{len(errors)} cases ended in an error ({', '.join(errors[:3])})": bool(errors),
        f"{len(failed)} cases ({', '.join(failed[:3])}) {_FAILED}": bool(failed) and not accept_failed,
        f"its exit status was {status}: some of its tests {_FAILED}": bool(status) and not accept_failed,
    }
    return next((what for what, is_so in found.items() if is_so), "")


def _readable(path: Path) -> Report | None:
    """Return the baseline before, if there is one that can be read; one that cannot is no loss."""
    try:
        return load(path) if path.exists() else None
    except ReportError:
        return None


def lower_than(report: Report, before: Report) -> list[str]:
    """Return a line for each dataset, strategy and model whose mean Dice is lower than in the baseline before."""
    old = {(row.dataset, row.strategy, row.model): row.dice for row in summarise(before.results)}
    lines = []
    for row in summarise(report.results):
        was = old.get((row.dataset, row.strategy, row.model))
        if was is not None and row.dice is not None and row.dice < was - ROUNDING:
            lines.append(f"{row.dataset} {row.strategy} {row.model}: mean Dice {row.dice:.4f}, was {was:.4f}")
    return lines


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
