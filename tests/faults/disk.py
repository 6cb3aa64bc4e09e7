"""A disk that is full at a random byte of the journal or of the report; then there is room again."""

from __future__ import annotations

import random
from pathlib import Path

from tests.faults.count import JOURNAL, Count, check_complete, check_interrupted
from tests.faults.small_suite import finished, write_suite

CLEAR = ("cannot be written: File too large; expected ", "go on with --sam-resume.")
"""What a run says whose disk is full, one sentence after another."""


def fill(folder: Path, *, faults: int, seed: int) -> Count:
    """Let so many runs have a full disk, and complete each when there is room.

    The disk is full for the process, by a limit on the size of its files that the system holds (``RLIMIT_FSIZE``):
    writes are cut short as on a full disk, and fail as on a full disk but for the word.
    """
    sizes = random.Random(seed)  # noqa: S311 - sizes, not secrets
    longest = write_suite(folder / "whole")
    finished(longest)
    largest = (longest / "run.json").stat().st_size
    count = Count()
    for number in range(faults):
        run = write_suite(folder / str(number))
        # A ledger and a page of output take some 2 kB: below that the fault strikes before a case is finished.
        status, said = finished(run, largest_file=sizes.randrange(4096, largest))
        count.faults += 1
        if not (status and all(part in " ".join(said.split()) for part in CLEAR) and "Traceback" not in said):
            count.unclear += 1
            count.notes.append(said[-400:])
        content = (run / JOURNAL).read_bytes() if (run / JOURNAL).exists() else b"\n"
        if content and not content.endswith(b"\n"):
            count.unclear += 1
            count.notes.append("the journal ends within a line")
        check_interrupted(run, count)
        finished(run)
        check_complete(run, count)
    return count
