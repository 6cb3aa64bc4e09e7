"""Cases that are new, missing or failed: regressions, unless they are allowed by name."""

from __future__ import annotations

import fnmatch
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from bench_cases.analysis.gate.config import GateConfig
from bench_cases.analysis.gate.verdict import Outcome, Verdict
from bench_cases.cases import Case, CaseResult


def completeness(
    run: Sequence[CaseResult],
    base: Sequence[CaseResult],
    config: GateConfig,
    *,
    rows: Sequence[CaseResult] = (),
    complete: bool,
) -> Iterator[Verdict]:
    """Yield a verdict for each such case, and one that counts what both have.

    A case that is missing from a run that was stopped is undecided: it may yet come.

    Parameters
    ----------
    rows
        Cases of the run that are no candidates: they may be new or missing, but none may fail.
    """
    in_run, in_base = ({result.case: result for result in side} for side in (run, base))
    found = [
        *_missing([case for case in in_base if case not in in_run], config, complete=complete),
        *_new([case for case in in_run if case not in in_base], {case.model for case in in_base}, config),
        *(
            None if _allowed(result.case, config.allow_failed) else _failed(result, in_base)
            for result in (*run, *rows)
            if result.status != "passed"
        ),
    ]
    yield from (verdict for verdict in found if verdict is not None)
    common = len(in_run.keys() & in_base.keys())
    if common:
        reason = f"{common} in both, {found.count(None)} exceptions allowed by name"
        yield Verdict(outcome="pass", kind="cases", subject="run and baseline", reason=reason)
    else:
        reason = "no case is in both; expected the same datasets, strategies and models. See [models] in gate.toml"
        yield Verdict(outcome="undecided", kind="cases", subject="run and baseline", reason=reason)


def _missing(cases: Iterable[Case], config: GateConfig, *, complete: bool) -> Iterator[Verdict | None]:
    outcome: Outcome = "regression" if complete else "undecided"
    reason = "missing from the run" + ("" if complete else "; the run is not complete: go on with --sam-resume")
    for case in cases:
        allowed = _allowed(case, config.allow_missing)
        yield None if allowed else Verdict(outcome=outcome, kind="cases", subject=case.key, reason=reason)


def _new(cases: Iterable[Case], known: Container[str], config: GateConfig) -> Iterator[Verdict | None]:
    for case in cases:
        reason = "not in the baseline; allow it by name, or set a new baseline"
        if case.model not in known:
            reason += f', or judge it by another model: [models] "{case.model}" = "NAME" in gate.toml'
        allowed = _allowed(case, config.allow_new)
        yield None if allowed else Verdict(outcome="regression", kind="cases", subject=case.key, reason=reason)


def _failed(result: CaseResult, in_base: Mapping[Case, CaseResult]) -> Verdict:
    before = in_base.get(result.case)
    what = "ended in an error" if result.status == "error" else "is below its floor"
    since = "" if before is None else " as in the baseline" if before.status == result.status else ", it was not before"
    message = " ".join(result.message.split())
    reason = f"{what}{since}" + (f" ({message[:120]})" if message else "")
    return Verdict(outcome="regression", kind="cases", subject=result.case.key, reason=reason)


def _allowed(case: Case, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatchcase(case.key, pattern) for pattern in patterns)
