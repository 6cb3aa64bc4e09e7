"""What a report is of, in a line: so that nobody judges an old file, or another's, without seeing it."""

from __future__ import annotations

from bench_cases.report.read import Report


def facts(report: Report) -> str:
    """Return how many cases, of which models, of which commit, and when the run began."""
    run, code = report.raw["run"], report.raw["environment"]["code"]
    models = ", ".join(dict.fromkeys(result.case.model for result in report.results)) or "no model"
    commit = str(code["commit"] or "unversioned")[:10]
    return f"{len(report.results)} cases, {models}, commit {commit}, {run['started_utc']}"
