"""``sambench summary``: what a CI job shows: the verdict first, then the numbers."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def declare(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "summary",
        help="a run, and how it stands to its baseline, on one page: for a CI job or a pull request",
        description="Summarise a run. With a baseline the gate's verdicts come first; the exit status stays 0.",
    )
    parser.add_argument("run_report", type=Path, metavar="RUN.json")
    parser.add_argument("base_report", type=Path, nargs="?", metavar="BASE.json", help="the baseline to judge it by")
    parser.add_argument("--kept-baseline", action="store_true", help="judge it by the baseline kept for its device")
    parser.add_argument("--dir", type=Path, metavar="DIR", help="where baselines are kept (default: reports/baselines)")
    parser.add_argument("--markdown", action="store_true", help="write Markdown (default: text for a terminal)")
    parser.add_argument("--config", type=Path, metavar="gate.toml", help="what may be lost, as for `sambench gate`")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there instead")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Summarise and print.

    Raises
    ------
    SambenchError
        When a file cannot be used.
    """
    from bench_cases.analysis.gate.baselines import FOLDER, kept_for
    from bench_cases.analysis.gate.config import GateConfig
    from bench_cases.analysis.gate.gate import judge
    from bench_cases.analysis.job_summary import job_summary
    from bench_cases.cli._output import write
    from bench_cases.errors import SelectionError
    from bench_cases.report.read import load

    config = GateConfig() if options.config is None else GateConfig.read(options.config)
    report = load(options.run_report)
    base = None if options.base_report is None else load(options.base_report)
    if options.kept_baseline:
        if base is not None:
            msg = f"--kept-baseline and {options.base_report}; expected one of the two. Leave one out."
            raise SelectionError(msg)
        base = kept_for(report, options.dir or FOLDER)
    verdicts = [] if base is None else judge(report, base, config)
    if options.markdown:
        text = job_summary(report, base, verdicts, models=config.models)
    else:
        import io

        from rich.console import Console

        from bench_cases.report import summary, table

        page = io.StringIO()
        Console(file=page, color_system=None, highlight=False).print(table.render(summary.summarise(report.results)))
        text = page.getvalue() + "".join(f"{verdict}\n" for verdict in verdicts)
    write(text, options.output, sys.stdout)
    return 0
