"""A limit on how long a piece of work may take: it is interrupted, and where that cannot be done the process ends.

Two stages, because no process can stop its own native code from outside:

1. At the limit a signal (``SIGALRM``) raises in the main thread, again each second until it gets through. That stops
   Python, and native code that lets signals through: a read from a pipe or a network disk, a lock, a sleep.
2. Native code that never returns (a hung driver, an endless loop in C) is not reached by signals. `GRACE_S` later
   `faulthandler`, whose thread needs neither the interpreter nor its lock, writes every stack to standard error and
   ends the process. What was finished is in the journal; the run is gone on with by ``--sam-resume``.

The first stage needs POSIX and the main thread; elsewhere there is only the second, at the limit plus `GRACE_S`.
"""

from __future__ import annotations

import contextlib
import faulthandler
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import FrameType
from typing import Final

from bench_cases.errors import TimeLimitError

GRACE_S: Final = 30.0
"""Seconds between the interruption and the end of the process."""

_AGAIN_S: Final = 1.0
_AT_ONCE_S: Final = 1e-3  # nought would switch the timer off


class TimeLimitReached(BaseException):
    """The limit has passed. Not an ``Exception``: what catches all errors of one strategy must not swallow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimit:
    """How long a piece of work may take.

    Parameters
    ----------
    seconds
        Wall-clock seconds, by a clock that does not jump; None sets no limit.
    grace_s
        Seconds after which the process is ended when the work did not let itself be interrupted.
    stacks_to
        File descriptor that the stacks are written to before that; None for the process's own standard error.
    """

    seconds: float | None = None
    grace_s: float = GRACE_S
    stacks_to: int | None = None

    def times(self, number: int) -> TimeLimit:
        """Return the limit for several pieces of work that end together: each has its time."""
        return replace(self, seconds=None if self.seconds is None else number * self.seconds)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the body of a ``with`` block to the limit.

        Raises
        ------
        TimeLimitReached
            In the body, wherever it is.
        """
        if self.seconds is None:
            yield
            return
        with _last_resort(self.seconds + self.grace_s, self.stacks_to), _alarm(self.seconds):
            yield


NO_LIMIT: Final = TimeLimit()


@contextlib.contextmanager
def _last_resort(seconds: float, stacks_to: int | None) -> Iterator[None]:
    """End the process, stacks first, unless the body ends within `seconds`."""
    stream = sys.__stderr__ if stacks_to is None else stacks_to
    if stream is None:  # a process without standard error: nobody would see them
        yield
        return
    faulthandler.dump_traceback_later(seconds, exit=True, file=stream)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """Raise in the body when `seconds` have passed; somebody else's alarm goes on afterwards."""
    if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
        yield
        return
    armed = True

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        if armed:
            raise TimeLimitReached

    began = time.monotonic()
    before = signal.signal(signal.SIGALRM, interrupt)
    left_s, interval_s = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN_S)
    try:
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left_s:
            rest_s = left_s - (time.monotonic() - began)
            signal.setitimer(signal.ITIMER_REAL, max(rest_s, _AT_ONCE_S), interval_s)


def too_long(what: str, strategies: int, limit: TimeLimit) -> TimeLimitError:
    """Word the error of the cases of a pass that was stopped."""
    return TimeLimitError(
        f"the pass over {what} took longer than {limit.seconds:g} s and was stopped, with all {strategies} strategies "
        "that it serves; expected it to end in that time. Allow more with --sam-timeout, take fewer slices with "
        "--sam-limit-slices, or give each case a pass of its own with --sam-isolated."
    )
