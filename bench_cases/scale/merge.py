"""Parts of one selection brought together into the report that one run would have left, or refused with the reason."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench_cases.analysis.comparable import models_differ, refuse_different_inputs
from bench_cases.errors import ReportError
from bench_cases.floors import dataset_shortfall
from bench_cases.report.assemble import assemble
from bench_cases.report.journal import now_utc
from bench_cases.report.read import Report
from bench_cases.report.records import Records
from bench_cases.report.resume import header_of, records_of
from bench_cases.report.schema import validate
from bench_cases.scale.parts import (
    gap_message,
    gaps,
    names,
    refuse_overlap,
    refuse_strangers,
    refuse_what_is_no_part,
    shard_of,
)
from bench_cases.scale.shards import DEFERRED, DatasetFloor


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What came of a merge.

    Parameters
    ----------
    report
        The JSON, as if one run had written it, with ``run.merged`` in the place of ``run.shard``.
    missed
        One line for each floor of a whole dataset that is missed.
    notes
        What the reader should know.
    """

    report: dict[str, Any]
    missed: tuple[str, ...]
    notes: tuple[str, ...]


def merge(parts: Sequence[Report], *, partial: bool = False) -> Merged:
    """Merge the parts of one selection.

    Parameters
    ----------
    partial
        Accept that parts or cases are missing; the report says so, and is not complete.

    Raises
    ------
    ReportError
        When something is no part, parts are of different selections, settings, code, weights or data, two hold the same
        cases, or (unless `partial`) some are missing or lack cases.
    """
    refuse_what_is_no_part(parts)
    ordered = sorted(parts, key=lambda part: (shard_of(part)["index"], str(part.path)))
    refuse_strangers(ordered)
    refuse_overlap(ordered)
    refuse_different_inputs([result for part in ordered for result in part.results], names(ordered))
    missing, incomplete = gaps(ordered)
    if (missing or incomplete) and not partial:
        raise ReportError(gap_message(ordered, missing, incomplete))
    records = _records(ordered)
    missed, unjudged = _floors(ordered, records)
    notes = [*_notes(ordered), *unjudged]
    if missing or incomplete:
        of = shard_of(ordered[0])["of"]
        lacking = [
            *(f"part {number} of {of} is missing" for number in missing),
            *(f"part {number} of {of} lacks cases" for number in incomplete),
        ]
        notes.insert(0, f"PARTIAL: {', '.join(lacking)}; what is here is no whole run.")
    notes.extend(f"floor of a whole dataset missed: {line}" for line in missed)
    report = _assembled(ordered, records, missing=missing, incomplete=incomplete, missed=missed, notes=notes)
    return Merged(report=report, missed=tuple(missed), notes=tuple(notes))


def _records(parts: Sequence[Report]) -> Records:
    records = Records()
    for part in parts:
        for kind, record in records_of(part.raw):
            if kind not in {"shard", "resumed"}:
                records.add(kind, record)
        for line in part.raw["not_run"]:
            if line["reason"] != DEFERRED:
                records.add("not_run", line)
    return records


def _floors(parts: Sequence[Report], records: Records) -> tuple[list[str], list[str]]:
    """Return a line for each floor of a whole dataset that is missed, and for each that cannot be judged."""
    missed: list[str] = []
    unjudged: list[str] = []
    for floor in map(DatasetFloor.from_json, shard_of(parts[0])["floors"]):
        keys = [floor.case._replace(volume=volume).key for volume in floor.volumes]
        name = f"{floor.case.dataset}, {floor.case.model}, {floor.case.strategy}"
        absent = [key for key in keys if key not in records.results]
        if absent:
            unjudged.append(f"floor of a whole dataset not judged: {name}: {len(absent)} of {len(keys)} volumes lack.")
            continue
        line = dataset_shortfall(floor.floor, [records.results[key] for key in keys])
        if line:
            missed.append(f"{name}: {line}")
    return missed, unjudged


def _notes(parts: Sequence[Report]) -> list[str]:
    """Return what the parts had to say, and what differs between them without changing what was asked."""
    notes = [note for part in parts for note in part.notes]
    first = parts[0]
    for other in parts[1:]:
        for name in first.raw["models"].keys() & other.raw["models"].keys():
            where = f"parts {shard_of(first)['index']} (A) and {shard_of(other)['index']} (B)"
            notes.extend(f"{where}: {line}" for line in models_differ(first, name, other, name))
    machines = Counter(_machine(part) for part in parts)
    if len(machines) > 1:
        listed = ", ".join(f"{count} on {machine}" for machine, count in machines.items())
        notes.append(f"the parts ran on different machines ({listed}): times are not to be compared between cases.")
    return list(dict.fromkeys(notes))


def _machine(part: Report) -> str:
    environment = part.raw["environment"]
    return str(environment.get("device", {}).get("name") or environment["cpu"]["name"])


def _assembled(
    parts: Sequence[Report],
    records: Records,
    *,
    missing: Sequence[int],
    incomplete: Sequence[int],
    missed: Sequence[str],
    notes: Sequence[str],
) -> dict[str, Any]:
    runs = [part.raw["run"] for part in parts]
    header = header_of(parts[0].raw)
    header["run"] = {
        **header["run"],
        "id": hashlib.sha256("".join(run["id"] for run in runs).encode("ascii")).hexdigest()[:32],
        "started_utc": min(run["started_utc"] for run in runs),
        "merged": {
            "of": shard_of(parts[0])["of"],
            "selection_sha256": shard_of(parts[0])["selection_sha256"],
            "parts": [_summary(part) for part in parts],
            "missing": list(missing),
            "incomplete": list(incomplete),
        },
    }
    written = now_utc()
    statuses = [run["exit_status"] for run in runs]
    worst = max((status for status in statuses if status is not None), default=0)
    tail = {
        "run": {
            "finished_utc": max((run["finished_utc"] for run in runs if run["finished_utc"]), default=written),
            "complete": not (missing or incomplete),
            "exit_status": None if None in statuses else max(worst, 1 if missed else 0),
            "notes": list(notes),
        }
    }
    report = assemble(header, records, tail, now_utc=written)
    report["run"]["resumes_utc"] = sorted({at for run in runs for at in run["resumes_utc"]})
    report["run"]["resumed"] = bool(report["run"]["resumes_utc"])
    return validate(report, "the merged report")


def _summary(part: Report) -> dict[str, Any]:
    run = part.raw["run"]
    return {
        "index": shard_of(part)["index"],
        "id": run["id"],
        "started_utc": run["started_utc"],
        "finished_utc": run["finished_utc"],
        "cases": len(part.results),
        "device": part.raw["environment"].get("device") or {"type": "cpu", "name": _machine(part)},
    }
