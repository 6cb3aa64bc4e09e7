"""All verdicts about a run and its baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bench_cases.analysis.comparable import refuse_incomparable
from bench_cases.analysis.gate.absolute import absolute
from bench_cases.analysis.gate.completeness import completeness
from bench_cases.analysis.gate.config import GateConfig
from bench_cases.analysis.gate.memory import memory
from bench_cases.analysis.gate.quality import quality
from bench_cases.analysis.gate.speed import speed
from bench_cases.analysis.gate.verdict import Verdict
from bench_cases.analysis.observations import Observed
from bench_cases.cases import CaseResult
from bench_cases.errors import ConfigError, ReportError
from bench_cases.report.read import Report


def judge(run: Report, base: Report, config: GateConfig) -> list[Verdict]:
    """Return the verdicts: cases, floors, quality, speed, memory.

    Two runs that cannot be compared give one undecided verdict with the reason, and the floors, which need no baseline.

    Raises
    ------
    ConfigError
        When ``[models]`` names a model that the run does not have.
    """
    results = _renamed(run, config.models)
    models = _by_model(results)
    try:
        refuse_incomparable(base, run)
    except ReportError as problem:
        reason = str(problem)
        refused = Verdict(outcome="undecided", kind="run", subject="run and baseline", reason=reason)
        return [refused, *absolute(models, config)]
    return [
        *completeness(results, base.results, config, complete=run.complete),
        *absolute(models, config),
        *quality(models, _by_model(base.results), config),
        *speed(run, base, config),
        *memory(results, base.results, config),
    ]


def _renamed(run: Report, names: Mapping[str, str]) -> list[CaseResult]:
    there = {result.case.model for result in run.results}
    for name in names:
        if name not in there:
            msg = f"[models] names {name!r}, which {run.path.name} does not have; expected one of {', '.join(there)}."
            raise ConfigError(msg)
    return [
        replace(result, case=result.case._replace(model=names.get(result.case.model, result.case.model)))
        for result in run.results
    ]


def _by_model(results: Sequence[CaseResult]) -> dict[str, Observed]:
    models: dict[str, list[CaseResult]] = {}
    for result in results:
        models.setdefault(result.case.model, []).append(result)
    return {name: Observed(members) for name, members in models.items()}
