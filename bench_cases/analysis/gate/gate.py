"""All verdicts about a run and its baseline."""

from __future__ import annotations

from collections.abc import Sequence

from bench_cases.analysis.comparable import apart, names_of, refuse_other_scoring
from bench_cases.analysis.gate.absolute import absolute
from bench_cases.analysis.gate.candidates import candidates
from bench_cases.analysis.gate.completeness import completeness
from bench_cases.analysis.gate.config import GateConfig
from bench_cases.analysis.gate.memory import memory
from bench_cases.analysis.gate.quality import quality
from bench_cases.analysis.gate.speed import Timed, speed
from bench_cases.analysis.gate.verdict import Verdict
from bench_cases.analysis.observations import Observed
from bench_cases.analysis.same_inputs import without
from bench_cases.cases import CaseResult
from bench_cases.errors import ReportError
from bench_cases.report.read import Report


def judge(run: Report, base: Report, config: GateConfig) -> list[Verdict]:
    """Return the verdicts: who is judged, cases, floors, quality, speed, memory.

    Two runs that cannot be compared give one undecided verdict with the reason, and the floors, which need no baseline.
    Where one strategy of a dataset cannot be compared, it is undecided and the others are judged.

    Raises
    ------
    ConfigError
        When ``[models]`` names a model that the run does not have.
    """
    chosen = candidates(run, base, config.models)
    said = list(chosen.said())
    floors = list(absolute(_by_model(chosen.run), _by_model(chosen.rows), config))
    try:
        refuse_other_scoring(base, run)
        not_compared = apart(base.results, run.results, names_of(base, run))
    except ReportError as problem:
        reason = str(problem)
        return [
            Verdict(outcome="undecided", kind="run", subject="run and baseline", reason=reason),
            *said,
            *floors,
        ]
    new, old = (without(results, not_compared) for results in (chosen.run, chosen.base))
    return [
        *(
            Verdict(outcome="undecided", kind="run", subject=f"{dataset} {strategy}", reason=f"not compared: {reason}")
            for (dataset, strategy), reason in not_compared.items()
        ),
        *said,
        *completeness(chosen.run, chosen.base, config, rows=chosen.rows, complete=run.complete),
        *floors,
        *quality(_by_model(new), _by_model(old), config),
        *speed(Timed(run, new), Timed(base, old), config),
        *memory(new, old, config),
    ]


def _by_model(results: Sequence[CaseResult]) -> dict[str, Observed]:
    models: dict[str, list[CaseResult]] = {}
    for result in results:
        models.setdefault(result.case.model, []).append(result)
    return {name: Observed(members) for name, members in models.items()}
