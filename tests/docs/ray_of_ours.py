"""The Ray that a reader of the pages starts: known by a mark, and ended without touching anybody else's.

``ray stop`` ends every Ray of a machine. What Ray starts inherits the environment, and a word in it tells ours from
others.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

MARK = "SAMBENCH_RAY_OF"
"""Variable whose value names the reader."""

LAST = "gcs_server"
"""What ends after all others, which complain without it."""

GRACE_S = 10.0

PROCESSES = Path("/proc")


def can_tell() -> bool:
    """Whether this system shows the environment of a process."""
    return (PROCESSES / "self" / "environ").exists()


def of(reader: str) -> list[int]:
    """Return the processes that bear a reader's mark, without this one and those that wait for it."""
    mark = f"{MARK}={reader}".encode()
    waiting = {os.getpid(), *_ancestors(os.getpid())}
    found = []
    for place in PROCESSES.glob("[0-9]*"):
        try:
            marked = mark in (place / "environ").read_bytes().split(b"\0")
            alive = _state_and_parent(int(place.name))[0] != "Z"
        except OSError:  # ended meanwhile, or somebody else's
            continue
        if marked and alive and int(place.name) not in waiting:
            found.append(int(place.name))
    return found


def end(reader: str, *, grace_s: float = GRACE_S) -> None:
    """End what bears a reader's mark: asked first, and killed where that does not help."""
    _end([one for one in of(reader) if _name(one) != LAST], grace_s)
    _end(of(reader), grace_s)


def _end(processes: list[int], grace_s: float) -> None:
    for sent in (signal.SIGTERM, signal.SIGKILL):
        for one in processes:
            try:
                os.kill(one, sent)
            except ProcessLookupError:
                continue
        until = time.monotonic() + grace_s
        while time.monotonic() < until and (processes := [one for one in processes if _runs(one)]):
            time.sleep(0.05)


def _runs(process: int) -> bool:
    try:
        return _state_and_parent(process)[0] != "Z"
    except OSError:
        return False


def _ancestors(process: int) -> Iterator[int]:
    while process > 1:
        process = _state_and_parent(process)[1]
        yield process


def _state_and_parent(process: int) -> tuple[str, int]:
    state, parent, *_ = (PROCESSES / str(process) / "stat").read_text().rpartition(")")[2].split()
    return state, int(parent)


def _name(process: int) -> str:
    try:
        return (PROCESSES / str(process) / "comm").read_text().strip()
    except OSError:
        return ""
