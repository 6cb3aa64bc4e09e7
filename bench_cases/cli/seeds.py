"""``sambench seeds``: make, look at, share and try prototypical prompts. What each command does is in files beside."""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLES = """\
examples:
  sambench seeds make radiopaedia-phantom/4_85506_1 --name demo     its middle slice with a composite prompt
  sambench seeds show demo                                          a picture of it, to be looked at
  pytest benchmark --sam-strategy dataset.composite.both --sam-seed demo
  sambench seeds export demo && sambench seeds import demo.seed.zip --name theirs
  sambench seeds best radiopaedia-phantom/4_85506_1                 how good a seed is the middle slice?
"""


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the command and its own commands."""
    parser = commands.add_parser(
        "seeds",
        help="the library of prototypical prompts: make, list, show, use, export, import, best",
        description="A seed is a prepared frame with a prompt on it, put in front of volumes that have no prompt.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    library = argparse.ArgumentParser(add_help=False)
    library.add_argument(
        "--library", type=Path, metavar="DIR", help="where seeds are kept (default: SAMBENCH_SEEDS or your data folder)"
    )
    what = parser.add_subparsers(dest="action", metavar="COMMAND", required=True)
    _add_make(what.add_parser("make", parents=[library], help="make a seed from a slice of a volume"))
    what.add_parser("list", parents=[library], help="the seeds there are")

    show = what.add_parser("show", parents=[library], help="draw the frame with its points, box and mask")
    show.add_argument("name", metavar="NAME")
    show.add_argument("--out", type=Path, metavar="FILE", help="the picture (default: NAME.seed.png)")

    use = what.add_parser("use", parents=[library], help="check a seed and say what to type to run with it")
    use.add_argument("name", metavar="NAME")
    use.add_argument("dataset", nargs="?", metavar="DATASET[:TARGET]", help="warn about mismatches with that dataset")
    _add_folder(use)

    export = what.add_parser("export", parents=[library], help="write a seed into one file, to be handed on")
    export.add_argument("name", metavar="NAME")
    export.add_argument("--out", type=Path, metavar="FILE", help="the archive (default: NAME.seed.zip)")
    export.add_argument("--replace", action="store_true", help="overwrite the archive")
    export.add_argument("--yes", action="store_true", help="a slice of my own scans may be handed on")

    importing = what.add_parser("import", parents=[library], help="take over a seed from an archive, all of it checked")
    importing.add_argument("file", type=Path, metavar="FILE")
    importing.add_argument("--name", metavar="NAME", help="a name for it instead of its own")
    importing.add_argument("--replace", action="store_true", help="replace the seed of that name")

    _add_best(what.add_parser("best", help="try every slice as the seed, and say where the middle one stands"))


def _add_volume(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("volume", metavar="DATASET[:TARGET]/VOLUME")
    parser.add_argument("--prompt", default="composite", metavar="RULE", help="prompt rule (default: composite)")
    _add_folder(parser)
    parser.add_argument(
        "--scaling", choices=["slice", "volume"], help="stretch grey values so (default: the dataset's)"
    )


def _add_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--folder", action="append", default=[], metavar="NAME=DIR", help="a folder of your own scans, as --sam-folder"
    )


def _add_make(parser: argparse.ArgumentParser) -> None:
    _add_volume(parser)
    parser.add_argument("--name", required=True, metavar="NAME", help="name under which the seed is kept")
    parser.add_argument(
        "--slice",
        default="middle",
        dest="which",
        metavar="N",
        help="a slice's number, or middle (default), centre, edge, largest",
    )
    parser.add_argument("--replace", action="store_true", help="replace the seed of that name")


def _add_best(parser: argparse.ArgumentParser) -> None:
    _add_volume(parser)
    parser.add_argument("--model", default="sam2_micro", metavar="NAME", help="model with a video mode")
    parser.add_argument("--checkpoint", metavar="NAME=PATH@ARCH", help="a checkpoint of your own instead")
    parser.add_argument(
        "--direction", default="both", choices=["both", "forward"], help="where the prompt is carried (default: both)"
    )
    parser.add_argument(
        "--choice", default="single", choices=["single", "confident", "first"], help="which mask counts"
    )
    parser.add_argument(
        "--every", type=_at_least_one, default=1, metavar="K", help="try every K-th slice (default: all)"
    )
    parser.add_argument(
        "--dataset", action="store_true", help="try the slices of the dataset's other volumes, put in front of VOLUME"
    )
    parser.add_argument("--limit-slices", type=_at_least_one, metavar="N", help="N slices around each volume's middle")
    parser.add_argument("--jpeg", action="store_true", help="pass frames through JPEG, as the studies did")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    parser.add_argument("--precision", default="fp32", choices=["fp32", "bf16", "fp16"])
    parser.add_argument(
        "--keep-gb", type=float, default=4.0, metavar="N", help="room for encoded frames in GiB (default: 4)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", dest="json_file", help="write every score there")
    parser.add_argument("--top", type=_at_least_one, default=10, metavar="N", help="rows of the table (default: 10)")


def _at_least_one(text: str) -> int:
    value = int(text)
    if value < 1:
        msg = f"{value} is less than 1"
        raise argparse.ArgumentTypeError(msg)
    return value


def run(parsed: argparse.Namespace) -> int:
    """Do what was asked for.

    Raises
    ------
    SambenchError
        For whatever cannot be done.
    """
    if parsed.action == "best":
        from bench_cases.cli.seeds_best import best

        return best(parsed)
    from bench_cases.cli import seeds_library

    actions = {
        "make": seeds_library.make,
        "list": seeds_library.show_list,
        "show": seeds_library.show,
        "use": seeds_library.use,
        "export": seeds_library.export,
        "import": seeds_library.take_over,
    }
    return actions[parsed.action](parsed)
