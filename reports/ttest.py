"""Paired t-tests on sambench reports: models or ways to prompt within one run, or two runs.

A thin front of `bench_cases.analysis`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

METRICS = ("dice", "jaccard", "dice_all", "jaccard_all", "hd95", "nsd", "embed", "predict", "propagate")


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the parsed command line; nothing heavy is imported before it is known to be sound."""
    parser = argparse.ArgumentParser(
        prog="ttest.py",
        description="Paired t-tests on sambench reports. One report: its models are compared, or with --swap two ways "
        "to prompt. Two: the runs are. "
        "Observations are paired by key (dataset, volume, strategy); differences are A minus B. "
        "Latencies are compared on the logarithmic scale.",
        epilog="Exit status: 0 done, 2 the input cannot be used.",
    )
    parser.add_argument("reports", nargs="+", type=Path, metavar="REPORT.json", help="one report, or two: A and B")
    parser.add_argument(
        "--mode",
        choices=("volume", "paper"),
        help="unit of the test: the volume, or the slice as in Gutierrez et al. 2025, whose slices are not "
        "independent (default: the volume, or the unit of the study that the reports reproduce)",
    )
    parser.add_argument(
        "--metric",
        action="append",
        choices=METRICS,
        default=[],
        help="only this metric; may be repeated (default: all)",
    )
    parser.add_argument("--baseline", metavar="MODEL", help="with one report: compare every other model with this one")
    parser.add_argument(
        "--swap",
        metavar="PART=PART",
        help="with one report: compare strategies that differ in this part of their name only, such as box=point, "
        "both=forward, first=confident, largest=edge",
    )
    parser.add_argument(
        "--pair",
        action="append",
        default=[],
        metavar="MODEL_IN_A=MODEL_IN_B",
        help="with two reports: which models belong together; may be repeated",
    )
    parser.add_argument("--csv", type=Path, metavar="OUT", help="also write every test, and what was left out, as CSV")
    options = parser.parse_args(arguments)
    if len(options.reports) > 2:
        parser.error(f"{len(options.reports)} reports; expected one or two.")
    if options.baseline is not None and len(options.reports) == 2:
        parser.error("--baseline with two reports; expected one report. With two, A is the baseline.")
    if options.pair and len(options.reports) == 1:
        parser.error("--pair with one report; expected two. With one, use --baseline.")
    if options.swap is not None and (len(options.reports) == 2 or options.baseline is not None):
        parser.error("--swap with two reports or --baseline; expected one report, whose strategies are compared.")
    if options.swap is not None and not all(options.swap.partition("=")):
        parser.error(f"--swap {options.swap}; expected PART=PART, such as box=point.")
    for pair in options.pair:
        if pair.count("=") != 1 or pair.startswith("=") or pair.endswith("="):
            parser.error(f"--pair {pair}; expected MODEL_IN_A=MODEL_IN_B.")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the script and return its exit status."""
    options = parse(arguments)

    from bench_cases.analysis import compare, parts, table
    from bench_cases.errors import SambenchError
    from bench_cases.report.read import load

    try:
        reports = [load(path) for path in options.reports]
        mode = options.mode or compare.mode_of(reports)
        if options.swap is not None:
            a, _, b = options.swap.partition("=")
            comparison = parts.within_parts(reports[0], a, b, mode=mode, metrics=options.metric)
        elif len(reports) == 1:
            comparison = compare.within(reports[0], baseline=options.baseline, mode=mode, metrics=options.metric)
        else:
            pairs = [(a, b) for a, _, b in (pair.partition("=") for pair in options.pair)]
            comparison = compare.between(*reports, pairs=pairs, mode=mode, metrics=options.metric)
        if options.csv is not None:
            table.write_csv(comparison, options.csv)
    except SambenchError as problem:
        print(f"ttest.py: {problem}", file=sys.stderr)
        return 2
    from rich.console import Console

    from bench_cases.report.width import printed_width

    Console(width=printed_width()).print(table.render(comparison))
    return 0


if __name__ == "__main__":
    sys.exit(main())
