"""The ``sambench`` command: look at what there is, fetch it, check the machine, read a report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bench_cases import __version__
from bench_cases.cli import baseline, compare, gate, page, summary
from bench_cases.errors import SambenchError

EXAMPLES = """\
examples:
  pytest benchmark -k radiopaedia                      the main job; offline it runs on embedded phantoms
  sambench list                                        datasets, models and prompting strategies
  sambench fetch coronacases sam_vit_l                 download data and weights, digests checked
  sambench doctor                                      is this machine ready, and on which device?
  sambench seeds make DATASET/VOLUME --name NAME       a prototypical prompt, to be shown, shared, applied
  sambench report reports/RUN.json [-o report.html]    the table of a run, or a page with figures and evidence
  sambench view reports/RUN.json CASE                  the masks of a case, slice by slice
  python reports/ttest.py reports/A.json [B.json]      which model is better, and is it chance?
  sambench compare reports/A.json [B.json]             the whole evidence: intervals, tests, margins, rankings
  sambench gate reports/B.json --baseline A.json       is it as good as before? exit status 0, 1 or 2
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments
        What follows ``sambench``; by default the process's own.

    Returns
    -------
    int
        0 when all is well, 1 when a check failed, 2 when what was typed or read cannot be used.
    """
    parser = argparse.ArgumentParser(
        prog="sambench",
        description="Benchmark promptable segmentation models (SAM, SAM 2, the next one) on medical volumes.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sambench {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    listing = commands.add_parser("list", help="datasets, models and prompting strategies, and which are on disk")
    listing.add_argument("what", nargs="?", choices=["datasets", "models", "strategies"], help="only these")

    fetching = commands.add_parser("fetch", help="download datasets and checkpoints by name, digests checked")
    fetching.add_argument("names", nargs="+", metavar="NAME", help="dataset or model, as `sambench list` shows it")

    commands.add_parser("doctor", help="check the installation, the device and the places things are kept")

    from bench_cases.cli import seeds

    seeds.add_parser(commands)
    for command in (page, compare, gate, baseline, summary):
        command.declare(commands)

    parsed = parser.parse_args(arguments)
    try:
        return int(parsed.run(parsed)) if hasattr(parsed, "run") else _run(parsed)
    except SambenchError as error:
        sys.stderr.write(f"sambench: {error}\n")
        return 2
    except KeyboardInterrupt:
        sys.stderr.write("sambench: stopped\n")
        return 130


def _run(parsed: argparse.Namespace) -> int:
    if parsed.command == "list":
        from bench_cases.cli.listing import show_list

        return show_list(parsed.what)
    if parsed.command == "fetch":
        from bench_cases.cli.fetch import fetch

        return fetch(parsed.names)
    if parsed.command == "doctor":
        from bench_cases.cli.doctor import examine

        return examine()
    from bench_cases.cli import seeds

    return seeds.run(parsed)
