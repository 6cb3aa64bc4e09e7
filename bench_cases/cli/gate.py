"""``sambench gate``: is this run as good as its baseline? One line a verdict, and an exit status for CI."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def declare(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "gate",
        help="is this run as good as its baseline? exit status 0 yes, 1 a regression, 2 cannot be judged",
        description="Judge a run against its baseline: cases, floors, quality, speed, memory. One line a verdict.",
        epilog="Exit status: 0 all pass, 1 a regression, 2 something cannot be judged (and nothing is a regression). "
        "--undecided speaks of verdicts that only more volumes or samples would decide: runs that cannot be compared, "
        "files that are not as they were written, a run that was stopped, scores that are missing, and losses too "
        "large to be let through are 2 whatever it says.",
    )
    parser.add_argument("run_report", type=Path, metavar="RUN.json", help="the report to judge")
    parser.add_argument("--baseline", type=Path, metavar="BASE.json", help="default: the one kept for the run's device")
    parser.add_argument("--dir", type=Path, metavar="DIR", help="where baselines are kept (default: reports/baselines)")
    parser.add_argument("--config", type=Path, metavar="gate.toml", help="what may be lost (default: see docs/gate.md)")
    parser.add_argument(
        "--undecided",
        choices=("fail", "pass"),
        default="apart",
        help="exit status where too few volumes or too much noise leave a verdict open: 1 or 0 (default: 2)",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Judge, print, and return the exit status.

    Raises
    ------
    SambenchError
        When a file cannot be used (exit status 2).
    """
    from bench_cases.analysis.gate.baselines import FOLDER, kept_for
    from bench_cases.analysis.gate.config import GateConfig
    from bench_cases.analysis.gate.facts import facts
    from bench_cases.analysis.gate.gate import judge
    from bench_cases.analysis.gate.verdict import exit_status
    from bench_cases.report.read import load

    config = GateConfig() if options.config is None else GateConfig.read(options.config)
    report = load(options.run_report)
    base = kept_for(report, options.dir or FOLDER) if options.baseline is None else load(options.baseline)
    verdicts = judge(report, base, config)
    sys.stdout.write(f"run {report.path.name}: {facts(report)}; baseline {base.path.name}: {facts(base)}\n")
    for verdict in verdicts:
        sys.stdout.write(f"{verdict}\n")
    counts = {name: sum(it.outcome == name for it in verdicts) for name in ("pass", "regression", "undecided")}
    status = exit_status(verdicts, undecided=options.undecided)
    word = ("PASSED", "REGRESSION", "UNDECIDED")[exit_status(verdicts)]
    counted = ", ".join(f"{count} {name}" for name, count in counts.items())
    sys.stdout.write(f"{word}: {counted}; baseline {base.path}\n")
    if word == "UNDECIDED" and any(it.more_data for it in verdicts):
        sys.stdout.write(_ADVICE[options.undecided].format(status=status) + "\n")
    return status


_ADVICE = {
    "apart": "exit status {status}: more data could decide these; "
    "--undecided fail or --undecided pass chooses the exit status.",
    "fail": "exit status {status} (--undecided fail).",
    "pass": "exit status {status} (--undecided pass): what only more data would decide was let through, not shown.",
}
