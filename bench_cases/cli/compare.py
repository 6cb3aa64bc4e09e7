"""``sambench compare``: full comparison of models or runs, in the format that is asked for."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

FORMATS = ("table", "markdown", "csv", "json", "latex")
RANK_BY = ("model", "strategy", "both")
MODES = ("volume", "paper")
TABLES = (
    "differences", "tests", "clicks", "latency", "deltas", "power", "summary", "outliers", "dependence", "mixed",
    "mask-size", "position", "covariates", "ranking", "significance", "critical-difference",
)  # fmt: skip


def declare(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "compare",
        help="is the difference real? intervals, tests, margins, rankings of one report's models or of two reports",
        description="Compare the models of one report, or two reports A and B. Differences are A minus B.",
    )
    parser.add_argument("reports", nargs="+", type=Path, metavar="REPORT.json", help="one report, or two: A and B")
    parser.add_argument("--format", choices=FORMATS, default="table", help="how it is written (default: table)")
    parser.add_argument(
        "--table",
        action="append",
        default=[],
        metavar="NAME",
        help=f"only this table; may be repeated; all: every one ({', '.join(TABLES)})",
    )
    parser.add_argument("--metric", action="append", default=[], metavar="NAME", help="only this; may be repeated")
    parser.add_argument(
        "--mode", choices=MODES, default="volume", help="unit of the tests: the volume, or the slice as in the paper"
    )
    parser.add_argument(
        "--margin",
        action="append",
        default=[],
        metavar="[METRIC=]VALUE",
        help="difference that does not matter (default: 0.01 for Dice and Jaccard, 0.02 for nsd, 1 mm for hd95, "
        "a ratio of 1.1 for times)",
    )
    parser.add_argument("--baseline", metavar="MODEL", help="with one report: compare every other model with this one")
    parser.add_argument(
        "--pair", action="append", default=[], metavar="A=B", help="with two reports: models that belong together"
    )
    parser.add_argument("--rank-by", choices=RANK_BY, default="model", help="what is ranked (default: model)")
    parser.add_argument("--resamples", type=int, default=2000, metavar="N", help="of the bootstrap (default: 2000)")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write there instead")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Compare and print.

    Raises
    ------
    SambenchError
        When what was typed or read cannot be used.
    """
    from bench_cases.analysis import compare, table
    from bench_cases.analysis.evidence import Method
    from bench_cases.analysis.formats import FORMATS as WRITERS
    from bench_cases.analysis.formats.terminal import terminal
    from bench_cases.analysis.sheets.catalogue import sheets
    from bench_cases.cli._output import write
    from bench_cases.errors import SelectionError
    from bench_cases.report.read import load
    from bench_cases.report.width import printed_width

    if len(options.reports) > 2:
        msg = f"{len(options.reports)} reports; expected one or two. Merge the others first, or compare pair by pair."
        raise SelectionError(msg)
    if options.resamples < 100:
        msg = f"--resamples {options.resamples}; expected 100 or more: fewer say nothing about the ends of an interval."
        raise SelectionError(msg)
    method = Method(margins=_margins(options.margin), resamples=options.resamples)
    pairs = [_pair(text) for text in options.pair]
    reports = [load(path) for path in options.reports]
    if len(reports) == 1:
        if pairs:
            msg = "--pair with one report; expected two. With one, use --baseline."
            raise SelectionError(msg)
        compared = compare.within(reports[0], baseline=options.baseline, mode=options.mode, metrics=options.metric)
    else:
        if options.baseline is not None:
            msg = "--baseline with two reports; expected one report. With two, A is the baseline."
            raise SelectionError(msg)
        compared = compare.between(*reports, pairs=pairs, mode=options.mode, metrics=options.metric)
    names = options.table or (["differences"] if options.format == "csv" else [])
    made = sheets(table.with_pairs(compared), names=names, mode=options.mode, method=method, rank_by=options.rank_by)
    notes = table.footnotes(compared)[1:]
    if options.format == "table":
        text = terminal(made, notes, width=printed_width(to_file=options.output is not None))
    else:
        text = WRITERS[options.format](made, notes)
    write(text, options.output, sys.stdout)
    return 0


def _pair(text: str) -> tuple[str, str]:
    from bench_cases.errors import SelectionError

    a, equals, b = text.partition("=")
    if not (a and equals and b) or "=" in b:
        msg = f"--pair {text}; expected MODEL_IN_A=MODEL_IN_B."
        raise SelectionError(msg)
    return a, b


def _margins(texts: list[str]) -> dict[str, float]:
    """Return metric to margin; a bare number holds for Dice and Jaccard."""
    import difflib
    import math

    from bench_cases.analysis.observations import LATENCIES, METRICS, SCORES
    from bench_cases.errors import SelectionError

    found: dict[str, float] = {}
    for text in texts:
        name, equals, number = text.rpartition("=")
        if equals and name not in METRICS:
            near = difflib.get_close_matches(name, METRICS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            msg = f"--margin {text}: {name!r} is no metric; expected one of {', '.join(METRICS)}.{hint}"
            raise SelectionError(msg)
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        least = 1.0 if name in LATENCIES else 0.0
        if not (math.isfinite(value) and value > least):
            msg = (
                f"--margin {text}; expected a number above {least:g}, for instance --margin 0.02 or --margin embed=1.1."
            )
            raise SelectionError(msg)
        found.update(dict.fromkeys([name] if equals else SCORES, value))
    return found
