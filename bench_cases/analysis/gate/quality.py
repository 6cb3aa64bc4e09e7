"""Quality: non-inferiority by a margin, with the volume as the unit."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench_cases.analysis.gate.config import GateConfig
from bench_cases.analysis.gate.power import in_words
from bench_cases.analysis.gate.rule import Loss, decide, is_grave, is_gross, mean_loss, outcome
from bench_cases.analysis.gate.verdict import Outcome, Verdict
from bench_cases.analysis.observations import LOWER_IS_BETTER, SURFACE, Group, Observed
from bench_cases.analysis.pairing import LeftOut, Observation, pair
from bench_cases.analysis.statistics.holm import holm_array

_WORST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Test:
    """One dataset, strategy, model and metric.

    Parameters
    ----------
    left_out
        Each volume without a pair, and why.
    lost
        Volumes that the baseline has a score of, and the run a case without one.
    """

    subject: str
    metric: str
    volumes: tuple[str, ...]
    losses: NDArray[np.float64]
    left_out: tuple[str, ...]
    lost: tuple[str, ...]


def quality(
    run: Mapping[str, Observed], base: Mapping[str, Observed], config: GateConfig, *, label: Callable[[str], str] = str
) -> Iterator[Verdict]:
    """Yield a verdict for each dataset, strategy and model that both sides have, and each metric that is asked for.

    A metric that was not measured is undecided, and so is a volume that had a score and has none: what a run does not
    say of itself must not help it.

    Parameters
    ----------
    label
        Model of the baseline to what it is called in a verdict.
    """
    judged: list[_Test] = []
    for subject, metric, before, after in _groups(run, base, config, label):
        if before is None or after is None:
            yield _not_measured(subject, metric, before is None, after is None)
            continue
        test = _test(subject, metric, before, after)
        n = len(test.losses)
        if n and not test.losses.any() and (n >= config.min_pairs or not test.left_out):
            reason = f"equal on all {n} volumes" if n > 1 else "equal on the one volume"
            yield _said("pass", test, reason)
        elif n < config.min_pairs:
            yield _too_few(test, config)
        else:
            judged.append(test)
    if not judged:
        return
    found = [mean_loss(test.losses, alpha=config.alpha) for test in judged]
    margins = [config.margin_of(test.metric) for test in judged]
    upper, p = ([float(getattr(loss, name)) for loss in found] for name in ("upper", "p"))
    gross = [
        bool(is_gross(test.losses, margin=margin, limit=config.gross_of(test.metric)))
        for test, margin in zip(judged, margins, strict=True)
    ]
    decisions = decide(upper, p, margins, alpha=config.alpha, gross=gross)
    by_test = holm_array(p) < config.alpha
    for test, loss, decided, shown in zip(judged, found, decisions, by_test, strict=True):
        yield _decided(test, loss, outcome(str(decided)), config, shown=bool(shown), family=len(judged))


def _groups(
    run: Mapping[str, Observed], base: Mapping[str, Observed], config: GateConfig, label: Callable[[str], str]
) -> Iterator[tuple[str, str, list[Observation] | None, list[Observation] | None]]:
    """Yield what both sides have a case of: subject, metric, and the observations of each; None where not measured."""
    for model in base:
        if model not in run:
            continue  # its cases are missing, which is a verdict of its own
        for metric in config.metrics:
            before, after = (side[model].groups(metric, "volume") for side in (base, run))
            for group in _shared(base[model], run[model]):
                dataset, strategy = group
                yield f"{dataset} {strategy} {label(model)} {metric}", metric, before.get(group), after.get(group)


def _shared(base: Observed, run: Observed) -> list[Group]:
    """Return the datasets and strategies that both sides have a case of; of each there is a Dice or its absence."""
    there = run.groups("dice", "volume")
    return [group for group in base.groups("dice", "volume") if group in there]


def _not_measured(subject: str, metric: str, in_base: bool, in_run: bool) -> Verdict:
    where = " and ".join([*(["the run"] if in_run else []), *(["the baseline"] if in_base else [])])
    remedy = "Run both with --sam-surface" if metric in SURFACE else "Run both again"
    reason = (
        f"{metric} was not measured in {where}; expected it in both. {remedy}, or leave it out of [quality] metrics"
    )
    return Verdict(outcome="undecided", kind="quality", subject=subject, reason=reason)


def _test(subject: str, metric: str, before: list[Observation], after: list[Observation]) -> _Test:
    pairing = pair(before, after)
    change = np.subtract(pairing.a, pairing.b)
    had = {it.key for it in before if math.isfinite(it.value)}
    return _Test(
        subject=subject,
        metric=metric,
        volumes=tuple(key.volume for key in pairing.keys),
        losses=-change if metric in LOWER_IS_BETTER else change,
        left_out=tuple(dict.fromkeys(map(_why, pairing.left_out))),
        lost=tuple(it.key.volume for it in after if it.key in had and not math.isfinite(it.value)),
    )


def _why(left: LeftOut) -> str:
    """Return a volume that is in no pair, with the reason; A of the pairing is the baseline."""
    side = "the baseline" if left.side == "A" else "the run"
    if left.reason.startswith("no partner"):
        return f"{left.key.volume} (not in {side})"
    return f"{left.key.volume} ({left.reason.removesuffix(f' in {left.side}')} in {side})"


def _said(decided: Outcome, test: _Test, reason: str, *, more_data: bool = False) -> Verdict:
    """Return a verdict; what has no pair is always said, and a pass is none where a score was lost."""
    if test.left_out:
        reason += f"; left out: {', '.join(test.left_out)}"
    if test.lost and decided != "regression":
        decided, more_data = "undecided", False
        reason += f"; {len(test.lost)} with a score in the baseline and none in the run: expected a score of each"
    return Verdict(
        outcome=decided,
        kind="quality",
        subject=test.subject,
        reason=reason,
        more_data=more_data and decided == "undecided",
    )


def _too_few(test: _Test, config: GateConfig) -> Verdict:
    n = len(test.losses)
    reason = f"{n} pair{'s' * (n != 1)}; expected at least {config.min_pairs}: too few to judge"
    # Of no pair at all, it is not data that there is too little of.
    grave = _grave(test, config) if n else ""
    return _said("undecided", test, reason + grave, more_data=n > 0 and not grave)


def _decided(test: _Test, loss: Loss, decided: Outcome, config: GateConfig, *, shown: bool, family: int) -> Verdict:
    margin, mean = config.margin_of(test.metric), float(loss.mean)
    unit = " mm" if test.metric == "hd95" else ""
    reason = (
        f"{'lost' if mean >= 0 else 'gained'} {abs(mean):.4f}{unit}, {1 - config.alpha:.0%} upper bound "
        f"{'' if mean >= 0 else 'of a loss '}{float(loss.upper):+.4f}{unit}, margin {margin:g}, "
        f"{len(test.losses)} volumes"
    ).replace("% upper", " % upper")
    within = bool(test.losses.max() <= margin)
    grave = _grave(test, config)
    if within and config.each_within and decided == "undecided":
        return _said("pass", test, f"{reason}; no volume lost more than the margin (each_within)")
    if decided != "pass" or grave:
        reason += f"; most on {_worst(test)}"
    if decided == "regression" and not shown:
        limit = config.gross_of(test.metric)
        reason += f"; gross: most volumes lost more than the margin, and the mean of all is above {limit:g}{unit}"
    if decided != "undecided":
        return _said(decided, test, reason)
    if within:
        reason += "; no volume lost more than the margin ([quality] each_within = true makes that a pass)"
    power = in_words(test.losses, margin=margin, alpha=config.alpha, family=family, unit=unit)
    reason += (
        f"; not shown to be within the margin, nor to be a loss: run more volumes, or widen the margin ({power}){grave}"
    )
    return _said(decided, test, reason, more_data=not grave)


def _grave(test: _Test, config: GateConfig) -> str:
    """Say what makes a loss too large to be let through undecided; an empty string when nothing does."""
    limit, worst = config.gross_of(test.metric), config.worst_of(test.metric)
    if not is_grave(test.losses, limit=limit, worst=worst):
        return ""
    one = worst is not None and float(test.losses.max()) > worst
    what = f"one volume lost more than {worst:g} (worst_loss)" if one else f"the mean is above {limit:g} (gross_loss)"
    return f"; {what}: look at it, --undecided pass does not let it through"


def _worst(test: _Test) -> str:
    order = np.argsort(-test.losses, kind="stable")[:_WORST]
    return ", ".join(f"{test.volumes[at]} ({float(test.losses[at]):+.4f})" for at in order)
