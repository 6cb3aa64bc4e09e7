"""A folder in the system's temporary folder for as long as it is needed: the user's alone, and never left behind."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench_cases.claims import claim, clear_abandoned

PREFIX: Final = "sambench-scratch-"


@contextlib.contextmanager
def scratch(what: str) -> Iterator[Path]:
    """Make a folder that only this user can look into (mode 0700), and remove it at the end of the ``with`` block.

    A process that is killed cannot remove its own: whoever makes the next one removes those of dead processes.

    Parameters
    ----------
    what
        Word for the folder's name.
    """
    clear_abandoned(Path(tempfile.gettempdir()), f"{PREFIX}*")
    folder, descriptor = _made(what)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if descriptor is not None:
            os.close(descriptor)


def _made(what: str) -> tuple[Path, int | None]:
    """Make a folder and claim it; again, if another process has taken it for abandoned before the claim."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{what}-"))
        if sys.platform == "win32":
            return folder, None  # a folder cannot be opened there, and nobody clears anything away
        try:
            descriptor = claim(folder)
        except OSError:
            return folder, None  # a file system without locks, on which nobody can clear anything away either
        if descriptor is not None:
            return folder, descriptor
