"""``sambench baseline``: keep a report as the baseline of its device, or show those that are kept."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def declare(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("baseline", help="set or show the baselines that `gate` judges by, one a device")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    setting = actions.add_parser("set", help="keep a report as the baseline of the device it ran on")
    setting.add_argument("report", type=Path, metavar="RUN.json", help="the report of a run that you trust")
    setting.add_argument(
        "--accept-failed", action="store_true", help="keep it although cases are below their floors, or tests failed"
    )
    showing = actions.add_parser("show", help="list the baselines that are kept")
    for action in (setting, showing):
        action.add_argument("--dir", type=Path, metavar="DIR", help="where (default: reports/baselines)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Set or show.

    Raises
    ------
    ReportError
        When a report cannot be used as a baseline, or cannot be read.
    """
    from bench_cases.analysis.gate.baselines import FOLDER, all_kept, keep, lower_than
    from bench_cases.analysis.gate.device import device_of
    from bench_cases.analysis.gate.facts import facts
    from bench_cases.report.read import load

    folder = options.dir or FOLDER
    if options.action == "set":
        report = load(options.report)
        path, before = keep(report, folder, accept_failed=options.accept_failed)
        sys.stdout.write(f"{path}: baseline of {device_of(report)}, {len(report.results)} cases\n")
        if before is not None and before.run_id != report.run_id:
            sys.stdout.write(f"it replaces the baseline of {facts(before)}\n")
            for line in lower_than(report, before):
                sys.stdout.write(f"! lower than before: {line}\n")
        return 0
    kept = all_kept(folder)
    if not kept:
        sys.stdout.write(f"{folder}: no baseline; `sambench baseline set RUN.json` keeps one\n")
    for report in kept:
        sys.stdout.write(f"{report.path}: {device_of(report)}, {facts(report)}\n")
    return 0
