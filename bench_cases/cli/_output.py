"""Writing text to a file or to the terminal; a file appears whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TextIO

from bench_cases.errors import ReportError
from bench_cases.whole_files import write_whole

PIXELS: Final = "This file holds pixels of scans: treat it as you treat the scans."
"""What is printed of every file that does."""


def write(text: str, path: Path | None, stream: TextIO) -> None:
    """Write `text` to `path`, for this user alone to read (mode 0600: a page may hold pixels), or to `stream`.

    Raises
    ------
    ReportError
        When the file cannot be written.
    """
    if path is None:
        stream.write(text)
        return
    try:
        write_whole(path, text.encode(), mode=0o600)
    except OSError as problem:
        msg = f"{path}: cannot be written: {problem.strerror or problem}; expected a path that this user may write to."
        raise ReportError(msg) from None
