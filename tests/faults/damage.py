"""Journals and reports that break off at a random byte, or of which some bytes are others."""

from __future__ import annotations

import random
from pathlib import Path

from bench_cases.errors import ReportError
from bench_cases.report import Journal, load
from bench_cases.report.journal_file import journal_path, read_journal
from bench_cases.report.write import write_report
from tests.faults.count import Count
from tests.report.report_examples import HEADER, TAIL, latency_row, result

VOLUMES = tuple(f"v{number}" for number in range(8))


def journal_and_report(folder: Path) -> tuple[bytes, bytes]:
    """Return what the journal held when the last case was finished, and the report of the same run."""
    path = folder / "run.json"
    with Journal.open(path, HEADER) as journal:
        journal.append("model", {"name": "model-b", "parameters": 7})
        journal.append("latency", latency_row())
        for volume in VOLUMES:
            journal.append("case", result(volume).to_json())
        content = journal.path.read_bytes()
        write_report(path, journal, tail=TAIL)
    return content, path.read_bytes()


def truncate(folder: Path, *, files: int, seed: int) -> Count:
    """Cut so many journals and as many reports off; a journal must give every whole line, a report must be refused."""
    moments = random.Random(seed)  # noqa: S311 - places, not secrets
    journal, report = journal_and_report(folder)
    path, count = folder / "cut.json", Count()
    for _ in range(files):
        kept = journal[: moments.randrange(len(journal))]
        lines = kept.count(b"\n")
        journal_path(path).write_bytes(kept)
        content = read_journal(journal_path(path))
        found = [] if content is None else [entry.case.volume for entry in content.records.results.values()]
        expected = list(VOLUMES[: max(lines - 3, 0)])
        count.lost += len(set(expected) - set(found))
        count.twice += len(found) - len(set(found))
        count.unclear += (content is None) != (lines == 0)
        _refused(path, report[: moments.randrange(len(report) - 1)], count)
        count.runs += 2
        count.faults += 2
    return count


def flip(folder: Path, *, files: int, seed: int) -> Count:
    """Change one to three bytes of so many journals and reports: each is refused, or all that it says is true."""
    moments = random.Random(seed)  # noqa: S311 - places, not secrets
    journal, report = journal_and_report(folder)
    path, count = folder / "changed.json", Count()
    true = {volume: result(volume) for volume in VOLUMES}
    for _ in range(files):
        journal_path(path).write_bytes(_changed(journal, moments))
        try:
            content = read_journal(journal_path(path))
        except ReportError as error:
            count.unclear += not _clear(str(error))
        else:
            found = {} if content is None else {it.case.volume: it for it in content.records.results.values()}
            count.differing += sum(entry != true.get(volume) for volume, entry in found.items())
            count.lost += bool(content is not None and len(found) < len(VOLUMES) and not content.notes)
        _refused(path, _changed(report, moments), count)
        count.runs += 2
        count.faults += 2
    return count


def _changed(content: bytes, moments: random.Random) -> bytes:
    changed = bytearray(content)
    for place in moments.sample(range(len(content)), moments.randint(1, 3)):
        changed[place] ^= moments.randint(1, 255)
    return bytes(changed)


def _refused(path: Path, content: bytes, count: Count) -> None:
    path.write_bytes(content)
    try:
        load(path)
    except ReportError as error:
        count.unclear += not _clear(str(error))
    else:
        count.differing += 1
        count.notes.append("a damaged report was read")


def _clear(message: str) -> bool:
    return "; expected " in message and "\n" not in message
