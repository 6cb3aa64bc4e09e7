"""``sambench merge``: the parts of a run (``--sam-shard``) into the report that one run of it would have left."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any


def declare(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "merge",
        help="bring the parts of a run (--sam-shard) together; floors of whole datasets are checked here",
        description="Merge reports of parts, or journals of parts that were killed (--partial), into one report.",
        epilog="Exit status: 0 merged, 1 merged and a floor of a whole dataset is missed, 2 refused.",
    )
    parser.add_argument("parts", type=Path, nargs="+", metavar="PART.json", help="all parts, in any order")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="RUN.json", help="where the report goes")
    parser.add_argument("--partial", action="store_true", help="merge what there is, and say in the report what is not")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Merge, write, say what came of it, and return the exit status.

    Raises
    ------
    SambenchError
        When the parts cannot be merged or a file cannot be used (exit status 2).
    """
    from bench_cases.errors import ReportError
    from bench_cases.report.lock import ReportLock
    from bench_cases.report.read import load
    from bench_cases.report.report_file import write_atomically
    from bench_cases.scale.merge import merge

    output: Path = options.output
    if any(output.exists() and part.exists() and output.samefile(part) for part in options.parts):
        msg = f"{output} is one of the parts; expected another name, so that no part is lost. Choose another -o."
        raise ReportError(msg)
    merged = merge([load(part) for part in options.parts], partial=options.partial)
    lock = ReportLock(output)
    try:
        write_atomically(output, merged.report)
    finally:
        lock.release()
    for note in merged.notes:
        sys.stdout.write(f"note: {note}\n")
    counts = merged.report["run"]["counts"]
    found = ", ".join(f"{counts[name]} {name}" for name in ("passed", "failed", "error"))
    sys.stdout.write(f"{len(options.parts)} parts, {counts['cases']} cases ({found}); report: {output}\n")
    return 1 if merged.missed else 0
