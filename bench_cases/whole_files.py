"""Writing a file so that it is there whole or not at all, and half of it nowhere, even if a writer is killed."""

from __future__ import annotations

import glob
import os
import sys
import uuid
from pathlib import Path

from bench_cases.claims import claim, clear_abandoned


def write_whole(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Write beside the file's place and then give it its name; folders above it are made.

    What earlier writers of the same file left half-written when they were killed is removed.

    Parameters
    ----------
    mode
        Permissions of a new file, less what the process's umask takes away.

    Raises
    ------
    OSError
        When the disk refuses; what lay at `path` before is untouched, and nothing lies beside it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    clear_abandoned(path.parent, f".{glob.escape(path.name)}.*.part")
    partial, claimed = _made(path, mode)
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    finally:
        if claimed is not None:
            os.close(claimed)


def _made(path: Path, mode: int) -> tuple[Path, int | None]:
    """Make an empty file beside `path` and claim it; again, if another process has taken it for abandoned before."""
    while True:
        partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.part")
        os.close(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
        if sys.platform == "win32":
            return partial, None  # an open file cannot be given another name there, and nobody clears anything away
        try:
            claimed = claim(partial)
        except OSError:
            return partial, None  # a file system without locks, on which nobody can clear anything away either
        if claimed is not None:
            return partial, claimed
