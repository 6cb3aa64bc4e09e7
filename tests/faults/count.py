"""What came of breaking things: how often, and what was lost."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench_cases.report import load
from tests.faults.small_suite import KEYS, finished, write_suite

JOURNAL = "run.json.journal.jsonl"


@dataclass(slots=True, kw_only=True)
class Count:
    """Figures of one kind of fault; all but the first two must be nought.

    Parameters
    ----------
    runs
        Runs (or files) that a fault was injected into, until each was complete.
    faults
        Faults that struck.
    lost
        Cases that had been reported as finished and were not there afterwards.
    twice
        Cases that were computed again, or counted again, though they were there.
    differing
        Cases of which the completed report says something else than that of a run that nothing happened to.
    unclear
        Faults that ended in anything but a repair or one clear sentence.
    """

    runs: int = 0
    faults: int = 0
    lost: int = 0
    twice: int = 0
    differing: int = 0
    unclear: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def losses(self) -> int:
        """All that must be nought."""
        return self.lost + self.twice + self.differing + self.unclear

    def to_json(self) -> dict[str, Any]:
        """The figures, and what was noticed."""
        return {**asdict(self), "losses": self.losses}


def on_disk(folder: Path) -> list[str]:
    """Keys of the cases that are to be had now, from the report or else from the journal."""
    journal, report = folder / JOURNAL, folder / "run.json"
    if journal.exists() and b"\n" in journal.read_bytes():
        return [result.case.key for result in load(journal).results]
    return [result.case.key for result in load(report).results] if report.exists() else []


def ledger(folder: Path) -> list[list[str]]:
    """The facts that the processes wrote down past journal and report, in order."""
    path = folder / "ledger"
    return [line.split(" ", 1) for line in path.read_text().splitlines()] if path.exists() else []


def recorded(folder: Path) -> set[str]:
    """Cases of which a process was told that they are safe."""
    return {what for fact, what in ledger(folder) if fact == "recorded"}


def computed_again(folder: Path) -> list[str]:
    """Cases that were computed although they were safe."""
    safe: set[str] = set()
    again = []
    for fact, what in ledger(folder):
        if fact == "recorded":
            safe.add(what)
        elif fact == "scored" and what in safe:
            again.append(what)
    return again


def outcome(folder: Path) -> dict[str, Any]:
    """What a complete report says of its cases, times left out."""
    return {
        result.case.key: (result.status, result.scores, result.digests, result.prompts, result.prompts_spent)
        for result in load(folder / "run.json").results
    }


def check_interrupted(folder: Path, count: Count) -> None:
    """Hold what a fault left behind to the ledger."""
    there = on_disk(folder)
    missing = recorded(folder) - set(there)
    count.lost += len(missing)
    count.twice += len(there) - len(set(there))
    count.notes += [f"lost {key}" for key in sorted(missing)]


@functools.cache
def undisturbed() -> dict[str, Any]:
    """What a run says that nothing happens to; made once a process."""
    with tempfile.TemporaryDirectory() as folder:
        suite = write_suite(Path(folder) / "suite")
        status, said = finished(suite)
        if status:
            raise AssertionError(said)
        return outcome(suite)


def check_complete(folder: Path, count: Count) -> None:
    """Hold a run that was brought to its end to one that nothing happened to."""
    whole = undisturbed()
    found = outcome(folder)
    report = load(folder / "run.json").raw
    listed = len(report["cases"])
    again = computed_again(folder)
    wrong = [key for key in sorted(KEYS) if found.get(key) != whole[key]]
    count.runs += 1
    count.lost += len(KEYS - set(found))
    count.twice += len(again) + listed - len(found) + abs(report["run"]["counts"]["cases"] - listed)
    count.differing += len(wrong)
    count.notes += [*_said("again", again), *_said("differs", wrong)]
    left = sorted(path.name for path in folder.iterdir() if path.name.startswith((".run.json", "run.json.")))
    count.unclear += len(left)
    count.notes += _said("left behind", left)


def _said(what: str, names: Iterable[str]) -> list[str]:
    return [f"{what} {name}" for name in names]
