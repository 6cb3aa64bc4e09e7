"""Assembling a report from a journal's header, its records, and what is known only at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from importlib import metadata
from typing import Any

import bench_cases
from bench_cases.report import schema
from bench_cases.report.benchmark_rows import latency_row, stage_rows, with_equal_params
from bench_cases.report.device import device_of_run
from bench_cases.report.environment import commit_info, machine_info
from bench_cases.report.records import Records
from bench_cases.report.strict_json import clean, digest
from bench_cases.report.study_rows import study_rows


def assemble(header: Mapping[str, Any], records: Records, tail: Mapping[str, Any], *, now_utc: str) -> dict[str, Any]:
    """Return a whole report in strict JSON.

    Parameters
    ----------
    header
        The journal's header: ``run``, ``settings``, ``environment``, and ``study`` when the run reproduces one.
    tail
        ``run`` (``exit_status``, ``complete``, ``notes`` …), ``models``, ``datasets``, ``not_run``; where both the
        journal and the tail name something, the tail wins.
    now_utc
        Time of writing, ISO 8601.
    """
    rows, unmeasured = _latency(records)
    settings = header.get("settings", {})
    models = _without_name({**records.models, **tail.get("models", {})})
    environment = header.get("environment", {})
    # Known when the first model is loaded: perhaps by a worker, and after the journal was begun.
    environment = {**environment, "device": device_of_run(environment, models)}
    report = {
        "schema": {"name": schema.NAME, "version": schema.VERSION},
        "sambench": bench_cases.__version__,
        "environment": environment,
        "settings": {"values": settings.get("values", {}), "sha256": settings.get("sha256") or digest({})},
        "models": models,
        "datasets": _without_name({**records.datasets, **tail.get("datasets", {})}),
        "not_run": _not_run([*records.not_run.values(), *unmeasured, *tail.get("not_run", ())]),
        "benchmarks": with_equal_params([*stage_rows(list(records.results.values())), *rows]),
        "machine_info": machine_info(environment),
        "commit_info": commit_info(environment),
        "datetime": now_utc,
        "version": metadata.version("pytest-benchmark"),
    }
    if header.get("study") is not None:
        table = study_rows(header["study"], records.results.values())
        report["study"] = {**header["study"], "table": [asdict(row) for row in table]}
    report["run"] = _run(header, records, tail, not_run=len(report["not_run"]))
    strict: dict[str, Any] = clean(report)
    # The cases are nearly all of a report, and strict already: `Records` takes in nothing else.
    return {**strict, "cases": list(records.cases.values())}


def _run(header: Mapping[str, Any], records: Records, tail: Mapping[str, Any], *, not_run: int) -> dict[str, Any]:
    ended: Mapping[str, Any] = tail.get("run", {})
    statuses = Counter(result.status for result in records.results.values())
    return {
        "finished_utc": None,
        "complete": False,
        "exit_status": None,
        **header.get("run", {}),
        **({} if records.shard is None else {"shard": records.shard}),
        **ended,
        "resumed": bool(records.resumes_utc),
        "resumes_utc": records.resumes_utc,
        "notes": [*dict.fromkeys([*records.notes, *ended.get("notes", ())])],
        "counts": {
            "cases": len(records.results),
            "passed": statuses["passed"],
            "failed": statuses["failed"],
            "error": statuses["error"],
            "not_run": not_run,
        },
    }


def _latency(records: Records) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return the rows of latency cases, and those without a sample as entries of ``not_run``."""
    rows, unmeasured = [], []
    for fullname, record in records.latency.items():
        row = latency_row(record)
        if row is not None:
            rows.append(row)
        else:
            unmeasured.append(
                {
                    "what": fullname,
                    "reason": "no sample was taken",
                    "remedy": "run it without --benchmark-disable and without -n",
                }
            )
    return rows, unmeasured


def _without_name(shelf: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {name: {key: value for key, value in facts.items() if key != "name"} for name, facts in shelf.items()}


def _not_run(entries: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    latest = {
        str(entry.get("what", "")): {key: str(entry.get(key) or "") for key in ("what", "reason", "remedy")}
        for entry in entries
    }
    return [latest[what] for what in sorted(latest)]
