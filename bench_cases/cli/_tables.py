"""Where the tables of commands are printed: on a terminal as wide as it is, elsewhere with nothing cut off."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.console import Console

UNCUT: Final = 10_000
"""Columns of a pipe or a file: rich would take 80, and cut names and licences that a program or a log is to have."""


def table_console() -> Console:
    """Return a console for tables on standard output; ``COLUMNS`` gives it a width anywhere."""
    from rich.console import Console

    console = Console(highlight=False)
    return console if console.is_terminal or "COLUMNS" in os.environ else Console(highlight=False, width=UNCUT)
