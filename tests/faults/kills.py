"""SIGKILL at random moments of a run, which is gone on with until it is complete."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

from tests.faults.count import Count, check_complete, check_interrupted, undisturbed
from tests.faults.small_suite import finished, started, write_suite

EARLY = 0.1
"""Share of kills at any moment from the start of the process; the others strike after its first case has begun."""

WAIT_S = 120.0


def kill(folder: Path, *, kills: int, seed: int) -> Count:
    """Kill so many runs, each at a random moment, and complete them.

    Parameters
    ----------
    folder
        A new folder to work in.
    """
    moments = random.Random(seed)  # noqa: S311 - moments, not secrets
    undisturbed()  # imports what there is to import
    began = time.monotonic()
    finished(write_suite(folder / "timed"))
    whole_s = busy_s = time.monotonic() - began
    count = Count()
    number = 0
    run = write_suite(folder / str(number))
    while count.faults < kills:
        early = moments.random() < EARLY
        pause_s = moments.uniform(0, whole_s if early else busy_s)
        with started(run) as process:
            start = time.monotonic()
            if not early:
                _wait_for_the_first_case(run, process)
            ready = time.monotonic()
            process.join(pause_s)
            alive = process.is_alive()
            process.kill()
            process.join()
        if alive and process.exitcode == -signal.SIGKILL:
            count.faults += 1
            check_interrupted(run, count)
            continue
        busy_s = min(busy_s, time.monotonic() - ready)
        whole_s = min(whole_s, time.monotonic() - start)
        if process.exitcode:
            count.unclear += 1
            count.notes.append(f"ended with status {process.exitcode}")
        check_complete(run, count)
        number += 1
        run = write_suite(folder / str(number))
    finished(run)
    check_complete(run, count)
    return count


def _wait_for_the_first_case(folder: Path, process: object) -> None:
    before = _starts(folder)
    deadline = time.monotonic() + WAIT_S
    while _starts(folder) == before and process.is_alive() and time.monotonic() < deadline:  # type: ignore[attr-defined]
        time.sleep(0.001)


def _starts(folder: Path) -> int:
    path = folder / "ledger"
    return path.read_text().count("began") if path.exists() else 0
