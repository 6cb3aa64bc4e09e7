"""The ``sambench`` command: look at what there is, fetch it, check data and machine, read a report."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bench_cases import __version__
from bench_cases.cli import baseline, compare, gate, merge, page, run, speed, summary
from bench_cases.errors import SambenchError

EXAMPLES = """\
examples:
  pytest benchmark -k radiopaedia                      the main job; offline it runs on embedded phantoms
  pytest benchmark --sam-study g25-images --sam-phantom  a published study, on phantoms and micro models
  sambench run --engine ray --address auto -k amos     the same on a Ray cluster (docs/cluster-ray.md)
  sambench list                                        datasets, models, prompting strategies, studies
  sambench fetch coronacases sam_vit_l                 download data and weights, digests checked
  sambench describe DIR                                what is in a folder of scans, as a dataset.toml to edit
  sambench check NAME|DIR; sambench show NAME[/VOLUME] read every volume; look at slices, reference and prompts
  sambench doctor                                      is this machine ready, and on which device?
  sambench seeds make DATASET/VOLUME --name NAME       a prototypical prompt, to be shown, shared, applied
  sambench report reports/RUN.json [-o report.html]    the table of a run, or a page with figures and evidence
  sambench view reports/RUN.json CASE                  the masks of a case, slice by slice
  python reports/ttest.py reports/A.json [B.json]      which model is better, and is it chance?
  sambench compare reports/A.json [B.json]             full comparison: intervals, tests, margins, rankings
  sambench gate reports/B.json --baseline A.json       is it as good as before? exit status 0, 1 or 2
  sambench speed --model sam2_micro                    how fast, against the library's own predictor, at what cost
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; the tests go through every one that it knows."""
    parser = argparse.ArgumentParser(
        prog="sambench",
        description="Benchmark promptable segmentation models (SAM, SAM 2, the next one) on medical volumes.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"sambench {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    listing = commands.add_parser(
        "list", help="datasets, models, architectures, prompting strategies and studies, and which are on disk"
    )
    listing.add_argument(
        "what",
        nargs="?",
        metavar="WHAT",
        help="datasets, models, architectures, strategies or studies; or a dataset, for all about it",
    )

    fetching = commands.add_parser("fetch", help="download datasets and checkpoints by name, digests checked")
    fetching.add_argument("names", nargs="+", metavar="NAME", help="dataset or model, as `sambench list` shows it")
    fetching.add_argument(
        "--from", dest="source", metavar="PATH", help="adopt a dataset that you have: folder or archive"
    )
    fetching.add_argument("--dry-run", action="store_true", help="only say what would come, with sizes and licences")
    fetching.add_argument("--force", action="store_true", help="fetch or adopt again what is there")

    describing = commands.add_parser("describe", help="look at a folder of scans and propose its dataset.toml")
    describing.add_argument("folder", metavar="DIR", help="the folder of scans")
    describing.add_argument("--write", action="store_true", help="write DIR/dataset.toml instead of printing it")

    checking = commands.add_parser("check", help="read every volume of a dataset or folder and check it")
    checking.add_argument(
        "what",
        metavar="NAME|DIR",
        help="a dataset, or a folder with a dataset.toml; :TARGET for another than its first",
    )
    checking.add_argument("--csv", metavar="FILE", help="write the table there too")

    showing = commands.add_parser("show", help="a picture of slices with reference and prompts, to look at first")
    showing.add_argument("what", metavar="NAME[/VOLUME]", help="a dataset, or a folder with a dataset.toml")
    showing.add_argument("--prompt", default="composite", metavar="RULE", help="prompts to draw (default: composite)")
    showing.add_argument("--out", metavar="FILE", help="where the PNG goes (default: NAME-VOLUME.png)")

    imitating = commands.add_parser("phantom", help="write a small synthetic copy of a dataset's layout, to try it")
    imitating.add_argument("name", metavar="NAME", help="dataset, as `sambench list datasets` shows it")
    imitating.add_argument("directory", metavar="DIR", help="a new or empty folder")

    commands.add_parser("doctor", help="check the installation, the device and the places things are kept")

    from bench_cases.cli import seeds

    seeds.add_parser(commands)
    for command in (page, compare, gate, baseline, summary, run, merge, speed):
        command.declare(commands)
    return parser


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
    parser = build_parser()
    parsed, rest = parser.parse_known_args(arguments)
    if rest and parsed.command != "run":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    parsed.rest = rest
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
    if parsed.command in {"fetch", "describe", "check", "show", "phantom"}:
        return _about_data(parsed)
    if parsed.command == "doctor":
        from bench_cases.cli.doctor import examine

        return examine()
    from bench_cases.cli import seeds

    return seeds.run(parsed)


def _about_data(parsed: argparse.Namespace) -> int:
    """Run one of the commands that bring data or look at them."""
    if parsed.command == "fetch":
        from bench_cases.cli.fetch import fetch

        return fetch(parsed.names, source=parsed.source, dry_run=parsed.dry_run, force=parsed.force)
    if parsed.command == "describe":
        from bench_cases.cli.describe import describe

        return describe(parsed.folder, write=parsed.write)
    if parsed.command == "check":
        from bench_cases.cli.check import check

        return check(parsed.what, csv_file=parsed.csv)
    if parsed.command == "phantom":
        from bench_cases.cli.phantom import phantom

        return phantom(parsed.name, parsed.directory)
    from bench_cases.cli.show import show

    return show(parsed.what, prompt=parsed.prompt, out=parsed.out)
