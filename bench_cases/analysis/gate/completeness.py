"""Cases that are new, missing or failed: regressions, unless they are allowed by name."""

from __future__ import annotations

import fnmatch
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from bench_cases.analysis.gate.candidates import Candidates
from bench_cases.analysis.gate.config import GateConfig
from bench_cases.analysis.gate.verdict import Outcome, Verdict
from bench_cases.cases import Case, CaseResult


def completeness(chosen: Candidates, config: GateConfig, *, complete: bool) -> Iterator[Verdict]:
    """Yield a verdict for each such case, and one that counts what both have.

    A case that is missing from a run that was stopped is undecided: it may yet come. What is no candidate may be
    new or missing, but none may fail.
    """
    in_run, in_base = ({result.case: result for result in side} for side in (chosen.run, chosen.base))
    yield from _too_wide(chosen, config)
    found = [
        *_missing([case for case in in_base if case not in in_run], chosen, config, complete=complete),
        *_new([case for case in in_run if case not in in_base], {case.model for case in in_base}, chosen, config),
        *(
            None if allowed(result.case, config.allow_failed, chosen) else _failed(result, in_base, chosen)
            for result in (*chosen.run, *chosen.rows, *chosen.alone)
            if result.status != "passed"
        ),
    ]
    yield from (verdict for verdict in found if verdict is not None)
    common = len(in_run.keys() & in_base.keys())
    if common:
        reason = f"{common} in both, {found.count(None)} exceptions allowed by name"
        yield Verdict(outcome="pass", kind="cases", subject="run and baseline", reason=reason)
    elif not chosen.alone:
        reason = "no case is in both; expected the same datasets, strategies and models. See [models] in gate.toml"
        yield Verdict(outcome="undecided", kind="cases", subject="run and baseline", reason=reason)


def allowed(case: Case, patterns: Sequence[str], chosen: Candidates) -> bool:
    """Whether a case is excused by its id, or by the id under which the baseline has it."""
    return any(fnmatch.fnmatchcase(name, pattern) for name in (chosen.own(case).key, case.key) for pattern in patterns)


def shown(case: Case, chosen: Candidates) -> str:
    """Return the id that a case has in the run, and whose place its model takes."""
    return chosen.own(case).key + (f" (for {case.model})" if case.model in chosen.stand_ins else "")


def _too_wide(chosen: Candidates, config: GateConfig) -> Iterator[Verdict]:
    """Refuse an exception that leaves nothing: a gate that allows everything judges nothing."""
    for name, patterns, results, whose in (
        ("missing", config.allow_missing, chosen.base, "baseline"),
        ("failed", config.allow_failed, chosen.run, "run"),
    ):
        if results and all(allowed(result.case, patterns, chosen) for result in results):
            reason = f"it matches all {len(results)} cases of the {whose}; expected some that are judged. Narrow it"
            yield Verdict(outcome="undecided", kind="cases", subject=f"[allow] {name}", reason=reason)


def _missing(
    cases: Iterable[Case], chosen: Candidates, config: GateConfig, *, complete: bool
) -> Iterator[Verdict | None]:
    outcome: Outcome = "regression" if complete else "undecided"
    reason = "missing from the run" + ("" if complete else "; the run is not complete: go on with --sam-resume")
    for case in cases:
        excused = allowed(case, config.allow_missing, chosen)
        yield None if excused else Verdict(outcome=outcome, kind="cases", subject=shown(case, chosen), reason=reason)


def _new(
    cases: Iterable[Case], known: Container[str], chosen: Candidates, config: GateConfig
) -> Iterator[Verdict | None]:
    for case in cases:
        reason = "not in the baseline; allow it by name, or set a new baseline"
        if case.model not in known:
            reason += f', or judge it by another model: [models] "{case.model}" = "NAME" in gate.toml'
        excused = allowed(case, config.allow_new, chosen)
        yield (
            None if excused else Verdict(outcome="regression", kind="cases", subject=shown(case, chosen), reason=reason)
        )


def _failed(result: CaseResult, in_base: Mapping[Case, CaseResult], chosen: Candidates) -> Verdict:
    before = in_base.get(result.case)
    what = "ended in an error" if result.status == "error" else "is below its floor"
    since = "" if before is None else " as in the baseline" if before.status == result.status else ", it was not before"
    message = " ".join(result.message.split())
    reason = f"{what}{since}" + (f" ({message[:120]})" if message else "")
    return Verdict(outcome="regression", kind="cases", subject=shown(result.case, chosen), reason=reason)
