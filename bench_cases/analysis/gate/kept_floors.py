"""Floors that were lowered since the baseline: the run is held to the old ones too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from bench_cases.analysis.gate.verdict import Verdict
from bench_cases.cases import Case, CaseResult, Floor
from bench_cases.floors import volume_shortfall


def kept_floors(
    run: Sequence[CaseResult],
    base: Sequence[CaseResult],
    *,
    excused: Callable[[Case], bool],
    shown: Callable[[Case], str],
) -> Iterator[Verdict]:
    """Yield a regression for each case that passed its own floor and not the baseline's.

    What a case of the run demanded of itself is no promise: who lowers a floor until a bad model passes has set a new
    baseline without saying so. A case that did not pass is a verdict of its own.

    Parameters
    ----------
    excused
        Whether a case may fail ([allow] failed).
    shown
        How a case is called.
    """
    before = {result.case: result.floor for result in base}
    lowered = 0
    for result in run:
        floor = before.get(result.case)
        if floor is None or result.scores is None or result.status != "passed" or excused(result.case):
            continue
        lowered += _lower(result.floor, floor)
        missed = volume_shortfall(floor, result.scores)
        if missed:
            reason = f"below the floor that the baseline had: {missed}"
            yield Verdict(outcome="regression", kind="floor", subject=shown(result.case), reason=reason)
    if lowered:
        reason = f"{lowered} cases have a lower floor than in the baseline; they are held to the old one"
        yield Verdict(outcome="pass", kind="floor", subject="run and baseline", reason=reason)


def _lower(now: Floor | None, then: Floor) -> bool:
    return (now is None and (then.dice > 0 or then.jaccard > 0)) or (
        now is not None and (now.dice < then.dice or now.jaccard < then.jaccard)
    )
