"""One target in a process of its own, with limits that end it: ``python -m tests.fuzz.child TARGET ...``.

A parser in C that dies takes this process with it, and the input in hand tells of what.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

INSTRUMENTED = ("bench_cases", "nibabel", "pydicom", "tomllib", "tarfile", "zipfile", "PIL.TiffImagePlugin")
"""What the guided engine follows into."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Feed a target for some seconds; figures are written as they grow."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--engine", choices=("seeded", "guided"), required=True)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--real", type=Path, help="a folder of files to begin from, too")
    parser.add_argument("--keep", type=Path, required=True, help="where inputs go that ended badly")
    parser.add_argument("--hand", type=Path, required=True, help="where the input in hand lies")
    parser.add_argument("--figures", type=Path, required=True)
    parser.add_argument("--module", default="", help="a module whose TARGETS are meant")
    parsed = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="sambench-fuzz-"))
    try:
        with contextlib.ExitStack() as stack:
            if parsed.engine == "guided":
                import atheris

                stack.enter_context(atheris.instrument_imports(include=list(INSTRUMENTED)))
            # Here, so that the engine sees the branches of all that is imported, by name or while the corpus is fed.
            from tests.fuzz.session import Session

            session = Session(parsed.target, folder, module=parsed.module, hand=parsed.hand, figures=parsed.figures)
            session.begin(keep=parsed.keep, real=parsed.real)
        feed = session.seeded if parsed.engine == "seeded" else session.guided
        feed(seed=parsed.seed, seconds=parsed.seconds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
