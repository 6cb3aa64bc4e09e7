"""All verdicts about a run and its baseline."""

from __future__ import annotations

from bench_cases.analysis.comparable import apart, names_of, refuse_other_scoring
from bench_cases.analysis.gate.absolute import absolute
from bench_cases.analysis.gate.candidates import candidates
from bench_cases.analysis.gate.completeness import allowed, completeness
from bench_cases.analysis.gate.config import GateConfig
from bench_cases.analysis.gate.fit import fit, proved, stopped
from bench_cases.analysis.gate.kept_floors import kept_floors
from bench_cases.analysis.gate.memory import memory
from bench_cases.analysis.gate.quality import quality
from bench_cases.analysis.gate.speed import Timed, speed
from bench_cases.analysis.gate.verdict import Verdict
from bench_cases.analysis.observations import by_model
from bench_cases.analysis.same_inputs import without
from bench_cases.errors import ReportError
from bench_cases.report.read import Report


def judge(run: Report, base: Report, config: GateConfig) -> list[Verdict]:
    """Return the verdicts: whether the files can be relied on, who is judged, cases, floors, quality, speed, memory.

    Two runs that cannot be compared give one undecided verdict with the reason, and the floors, which need no baseline.
    Where one strategy of a dataset cannot be compared, it is undecided and the others are judged.

    Raises
    ------
    ConfigError
        When ``[models]`` names a model that the run does not have.
    """
    chosen = candidates(run, base, config.models)
    said = [*fit(run, base), *chosen.said()]
    floors = list(absolute(chosen, config))
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
        *proved(new, old),
        *completeness(chosen, config, complete=not stopped(run)),
        *floors,
        *kept_floors(
            new,
            old,
            excused=lambda case: allowed(case, config.allow_failed, chosen),
            label=chosen.label,
        ),
        *quality(by_model(new), by_model(old), config, label=chosen.label),
        *speed(Timed(run, new), Timed(base, old), config, label=chosen.label),
        *memory(new, old, config, label=chosen.label),
    ]
