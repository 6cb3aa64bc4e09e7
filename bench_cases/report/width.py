"""How wide printed tables may be: as wide as the terminal, and no less than they need where nobody looks at one."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Final

UNSEEN: Final = 140
"""Columns of what goes into a file, a pipe or a log of CI: 80, as libraries have it there, would break every table."""


def printed_width(*, to_file: bool = False) -> int:
    """Return the columns there are; ``COLUMNS`` in the environment is believed."""
    known = os.environ.get("COLUMNS", "").isdigit() or (sys.stdout.isatty() and not to_file)
    return shutil.get_terminal_size().columns if known else UNSEEN
