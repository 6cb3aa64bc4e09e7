"""Runs that are started at once on one report: one writes it, the others say so and leave it alone."""

from __future__ import annotations

import contextlib
from pathlib import Path

from tests.faults.count import Count, check_complete
from tests.faults.small_suite import started, write_suite

CLEAR = ("is being written by another run (process ", "or write to another file with --sam-report.")


def contend(folder: Path, *, rounds: int, runs: int = 2) -> Count:
    """Start several runs on one report, so many times.

    A run that comes late finds the report and goes on from it, with nothing left to do: that is no fault.
    """
    count = Count()
    for number in range(rounds):
        suite = write_suite(folder / str(number))
        with contextlib.ExitStack() as stack:
            processes = [stack.enter_context(started(suite, said=f"said-{one}")) for one in range(runs)]
            for process in processes:
                process.join()
        said = [" ".join((suite / f"said-{one}").read_text().split()) for one in range(runs)]
        refused = [each for each in said if all(part in each for part in CLEAR)]
        done = [process for process in processes if process.exitcode == 0]
        count.faults += len(refused)
        if not done or len(done) + len(refused) != runs or any("Traceback" in each for each in said):
            count.unclear += 1
            count.notes += said
        check_complete(suite, count)
    return count
