"""Floors that were lowered since the baseline: the run is held to the old ones too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from bench_cases.analysis.gate.verdict import Verdict
from bench_cases.cases import Case, CaseResult, Floor, Scores
from bench_cases.floors import volume_shortfall

MOST_NAMED: Final = 3
"""Volumes that a verdict names; the run's own table has all."""


def kept_floors(
    run: Sequence[CaseResult],
    base: Sequence[CaseResult],
    *,
    excused: Callable[[Case], bool],
    label: Callable[[str], str],
) -> Iterator[Verdict]:
    """Yield a regression for each dataset, strategy and model with cases that passed their own floor and not the old.

    What a case of the run demanded of itself is no promise: who lowers a floor until a bad model passes has set a new
    baseline without saying so. A case that did not pass is a verdict of its own.

    Parameters
    ----------
    excused
        Whether a case may fail ([allow] failed).
    label
        How a model is called.
    """
    before = {result.case: result.floor for result in base}
    lowered = 0
    held: dict[tuple[str, str, str], list[str]] = {}
    for result in run:
        case, floor = result.case, before.get(result.case)
        if floor is None or result.scores is None or result.status != "passed" or excused(case):
            continue
        lowered += _lower(result.floor, floor)
        below = held.setdefault((case.dataset, case.strategy, case.model), [])
        if volume_shortfall(floor, result.scores):
            below.append(f"{case.volume} {_missed(floor, result.scores)}")
    for (dataset, strategy, model), below in held.items():
        if below:
            more = f" and {len(below) - MOST_NAMED} more" if len(below) > MOST_NAMED else ""
            reason = f"below the floor that the baseline had: {'; '.join(below[:MOST_NAMED])}{more}"
            subject = f"{dataset} {strategy} {label(model)}"
            yield Verdict(outcome="regression", kind="floor", subject=subject, reason=reason)
    if lowered:
        reason = f"{lowered} cases have a lower floor than in the baseline; they are held to the old one"
        yield Verdict(outcome="pass", kind="floor", subject="run and baseline", reason=reason)


def _missed(floor: Floor, scores: Scores) -> str:
    """Name what is below its floor, in few words: a verdict has several volumes of them."""
    pairs = (("Dice", scores.dice_nonempty, floor.dice), ("Jaccard", scores.jaccard_nonempty, floor.jaccard))
    return ", ".join(f"{name} {value:.4f} < {least:.4f}" for name, value, least in pairs if not value >= least)


def _lower(now: Floor | None, then: Floor) -> bool:
    return (now is None and (then.dice > 0 or then.jaccard > 0)) or (
        now is not None and (now.dice < then.dice or now.jaccard < then.jaccard)
    )
