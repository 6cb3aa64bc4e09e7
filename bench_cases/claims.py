"""Who is at work on a file or folder, and whether they still live: what a dead process has left may be cleared away.

A claim is a lock of the operating system (``flock``), which ends with its process however that dies. Process numbers
say less: they are given out again, and mean nothing in another container that shares the folder. Windows has no such
lock; nothing is claimed there, and nothing cleared away.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path


def claim(path: Path) -> int | None:
    """Claim a file or folder that this process has just made.

    Returns
    -------
    int or None
        A descriptor, to be closed when the work is done; None when another process has cleared the path away.

    Raises
    ------
    OSError
        When the file system has no locks, or the path is not to be opened.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    if _locked(descriptor) and _is_at(descriptor, path):
        return descriptor
    os.close(descriptor)
    return None


def clear_abandoned(folder: Path, pattern: str) -> None:
    """Remove files and folders of this user that match a pattern and that no living process has claimed.

    Never an error: what cannot be looked at or removed stays.
    """
    if sys.platform == "win32":
        return
    for path in folder.glob(pattern):
        try:
            found = path.lstat()
            if found.st_uid != os.getuid() or not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
                continue
            descriptor = claim(path)
        except OSError:
            continue
        if descriptor is None:
            continue
        try:
            if stat.S_ISDIR(found.st_mode):
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        except OSError:
            pass
        finally:
            os.close(descriptor)


def _is_at(descriptor: int, path: Path) -> bool:
    """Whether a path still is what was opened: it may have been cleared away between our open and our lock."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


if sys.platform == "win32":

    def _locked(descriptor: int) -> bool:
        del descriptor
        return True

else:

    def _locked(descriptor: int) -> bool:
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
