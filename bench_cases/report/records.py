"""Records: what a run has left behind so far, by kind, with every case counted once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from bench_cases.cases import CaseResult
from bench_cases.errors import ReportError
from bench_cases.report.case_fields import CASE
from bench_cases.report.fields import check
from bench_cases.report.shard_fields import SHARD

KINDS: Final = ("case", "latency", "model", "dataset", "not_run", "resumed", "shard")
"""Kinds of journal records."""

_NAMED_BY: Final = {"latency": "fullname", "model": "name", "dataset": "name", "not_run": "what"}


@dataclass(slots=True, kw_only=True)
class Records:
    """The records of a run, later ones in the place of earlier ones with the same name.

    A case that was run again replaces its first result and keeps its place, so that no case counts twice.
    """

    cases: dict[str, dict[str, Any]] = field(default_factory=dict)
    results: dict[str, CaseResult] = field(default_factory=dict)
    latency: dict[str, dict[str, Any]] = field(default_factory=dict)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    datasets: dict[str, dict[str, Any]] = field(default_factory=dict)
    not_run: dict[str, dict[str, Any]] = field(default_factory=dict)
    resumes_utc: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    shard: dict[str, Any] | None = None

    def add(self, kind: str, record: Any) -> None:
        """Take in one record of strict JSON.

        Raises
        ------
        ReportError
            For an unknown kind, what is no object, a case that does not fit the schema, or a record without its name.
        """
        if kind not in KINDS:
            msg = f"a record of kind {kind!r}; expected one of {', '.join(KINDS)}."
            raise ReportError(msg)
        if not isinstance(record, dict):
            msg = f"a record of kind {kind!r} is {record!r:.80}; expected an object."
            raise ReportError(msg)
        if kind == "case":
            check(record, CASE)
            result = result_from_json(record)
            self.cases[result.case.key] = record
            self.results[result.case.key] = result
        elif kind == "resumed":
            self.resumes_utc.append(str(record.get("at_utc")))
            self.notes.extend(str(note) for note in record.get("notes", ()))
            # A resumed run says again what it does not run; a set fetched in between is no longer missing.
            self.not_run.clear()
        elif kind == "shard":
            check(record, SHARD)
            self.shard = record
        else:
            name = record.get(_NAMED_BY[kind])
            if not isinstance(name, str) or not name:
                msg = f"{_NAMED_BY[kind]} of a {kind} record is {name!r}; expected a name."
                raise ReportError(msg)
            shelf: dict[str, dict[str, Any]] = getattr(self, {"model": "models", "dataset": "datasets"}.get(kind, kind))
            shelf[name] = record


def result_from_json(record: Mapping[str, Any]) -> CaseResult:
    """Rebuild a result from its strict JSON form, in which an undefined mean (NaN) had become null."""
    fields = dict(record)
    if fields.get("scores") is not None:
        scores = dict(fields["scores"])
        for name in ("dice_nonempty", "jaccard_nonempty", "dice_all", "jaccard_all"):
            if scores[name] is None:
                scores[name] = math.nan
        fields["scores"] = scores
    return CaseResult.from_json(fields)
