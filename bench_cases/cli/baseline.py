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
    setting.add_argument("report", type=Path, metavar="RUN.json", help="the report to keep")
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
    from bench_cases.analysis.gate.baselines import FOLDER, all_kept, keep
    from bench_cases.analysis.gate.device import device_of
    from bench_cases.report.read import load

    folder = options.dir or FOLDER
    if options.action == "set":
        report = load(options.report)
        path = keep(report, folder)
        sys.stdout.write(f"{path}: baseline of {device_of(report)}, {len(report.results)} cases\n")
        return 0
    kept = all_kept(folder)
    if not kept:
        sys.stdout.write(f"{folder}: no baseline; `sambench baseline set RUN.json` keeps one\n")
    for report in kept:
        models = ", ".join(dict.fromkeys(result.case.model for result in report.results))
        commit = str(report.raw["environment"]["code"]["commit"] or "unversioned")[:10]
        when = report.raw["run"]["finished_utc"] or report.raw["run"]["started_utc"]
        facts = f"{len(report.results)} cases, {models}, commit {commit}, {when}"
        sys.stdout.write(f"{report.path}: {device_of(report)}, {facts}\n")
    return 0
