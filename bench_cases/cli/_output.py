"""Writing text to a file or to the terminal; a file appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TextIO

from bench_cases.errors import ReportError


def write(text: str, path: Path | None, stream: TextIO) -> None:
    """Write `text` to `path`, or to `stream` when there is none.

    Raises
    ------
    ReportError
        When the file cannot be written.
    """
    if path is None:
        stream.write(text)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as problem:
        msg = f"{path}: cannot be written: {problem.strerror or problem}; expected a path that this user may write to."
        raise ReportError(msg) from None
