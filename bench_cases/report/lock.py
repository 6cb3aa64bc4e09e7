"""One writer a report: a lock beside it, held by the operating system, so that a dead process never blocks anyone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bench_cases.errors import ReportError

# Windows locks are mandatory: the locked byte lies beyond the text, so that others can read whose lock it is.
_LOCKED_BYTE = 1024


class ReportLock:
    """Exclusive right to write one report.

    The file ``<report>.lock`` holds the owner's process id for the message a second run shows. The lock itself is the
    operating system's (``flock``, or ``locking`` on Windows): it ends with its process, however that dies, and a
    file left behind is simply taken over.

    Parameters
    ----------
    report_path
        Path of the report.

    Raises
    ------
    ReportError
        When another run holds the lock, or the folder cannot be written.
    """

    def __init__(self, report_path: Path) -> None:
        self.path = report_path.with_name(report_path.name + ".lock")
        self._descriptor: int | None = None
        while self._descriptor is None:
            self._descriptor = self._acquire(report_path)

    def _acquire(self, report_path: Path) -> int | None:
        try:
            report_path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as problem:
            msg = (
                f"cannot write beside {report_path}: {problem.strerror or problem}; expected a folder that this user "
                "may write to. Choose another with --sam-report."
            )
            raise ReportError(msg) from None
        try:
            _lock(descriptor)
        except OSError:
            owner = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            msg = (
                f"{report_path} is being written by another run (process {owner}); expected one run a report. "
                "Wait for it, or write to another file with --sam-report."
            )
            raise ReportError(msg) from None
        if not self._is_current(descriptor):
            # The previous owner removed the file between our open and our lock: what we hold is nobody's lock.
            os.close(descriptor)
            return None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode("ascii"))
        return descriptor

    def _is_current(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(self.path.stat(), os.fstat(descriptor))
        except FileNotFoundError:
            return False

    def release(self) -> None:
        """Give the lock back and remove its file; a second call does nothing."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        if sys.platform == "win32":
            os.close(descriptor)
            self.path.unlink(missing_ok=True)
        else:
            self.path.unlink(missing_ok=True)
            os.close(descriptor)


if sys.platform == "win32":

    def _lock(descriptor: int) -> None:
        import msvcrt

        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

else:

    def _lock(descriptor: int) -> None:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
