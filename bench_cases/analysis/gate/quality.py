"""Quality: non-inferiority by a margin, with the volume as the unit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench_cases.analysis.gate.config import GateConfig
from bench_cases.analysis.gate.power import in_words
from bench_cases.analysis.gate.rule import decide, is_gross, mean_loss, outcome
from bench_cases.analysis.gate.verdict import Verdict
from bench_cases.analysis.observations import LOWER_IS_BETTER, Observed
from bench_cases.analysis.pairing import Pairing, pair
from bench_cases.analysis.statistics.holm import holm_array

_WORST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class _Test:
    subject: str
    metric: str
    volumes: tuple[str, ...]
    losses: NDArray[np.float64]
    left_out: tuple[str, ...]


def quality(run: Mapping[str, Observed], base: Mapping[str, Observed], config: GateConfig) -> Iterator[Verdict]:
    """Yield a verdict for each dataset, strategy, model and metric that both sides have."""
    judged: list[_Test] = []
    for test in _tests(run, base, config):
        if len(test.losses) and not test.losses.any():
            reason = f"equal on all {len(test.losses)} volumes" if len(test.losses) > 1 else "equal on the one volume"
            yield Verdict(outcome="pass", kind="quality", subject=test.subject, reason=reason)
        elif len(test.losses) < config.min_pairs:
            yield _too_few(test, config)
        else:
            judged.append(test)
    if not judged:
        return
    found = [mean_loss(test.losses, alpha=config.alpha) for test in judged]
    margins = [config.margin_of(test.metric) for test in judged]
    upper, p = ([float(getattr(loss, name)) for loss in found] for name in ("upper", "p"))
    limits = [config.gross_of(test.metric) for test in judged]
    gross = [
        bool(is_gross(test.losses, margin=margin, limit=limit))
        for test, margin, limit in zip(judged, margins, limits, strict=True)
    ]
    decisions = decide(upper, p, margins, alpha=config.alpha, gross=gross)
    adjusted = holm_array(p)
    for number, (test, loss, margin, decided) in enumerate(zip(judged, found, margins, decisions, strict=True)):
        unit = " mm" if test.metric == "hd95" else ""
        reason = (
            f"lost {float(loss.mean):+.4f}{unit}, at most {float(loss.upper):+.4f} at {1 - config.alpha:.0%}, "
            f"margin {margin:g}, {len(test.losses)} volumes"
        )
        if decided != "pass":
            reason += f"; most on {_worst(test)}"
        if gross[number] and adjusted[number] >= config.alpha:
            reason += f"; gross: each volume lost more than the margin, and their mean more than {limits[number]:g}"
        noisy = bool(decided == "undecided")
        if noisy:
            reason += "; not shown to be within the margin, nor to be a loss: run more volumes, or widen the margin"
            power = in_words(test.losses, margin=margin, alpha=config.alpha, family=len(judged), unit=unit)
            reason += f" ({power})"
        yield Verdict(
            outcome=outcome(str(decided)), kind="quality", subject=test.subject, reason=reason, more_data=noisy
        )


def _tests(run: Mapping[str, Observed], base: Mapping[str, Observed], config: GateConfig) -> Iterator[_Test]:
    for model in base:
        if model not in run:
            continue
        for metric in config.metrics:
            before, after = (side[model].groups(metric, "volume") for side in (base, run))
            for dataset, strategy in before:
                if (dataset, strategy) in after:
                    pairing = pair(before[dataset, strategy], after[dataset, strategy])
                    yield _test(pairing, f"{dataset} {strategy} {model} {metric}", metric)


def _test(pairing: Pairing, subject: str, metric: str) -> _Test:
    change = np.subtract(pairing.a, pairing.b)
    return _Test(
        subject=subject,
        metric=metric,
        volumes=tuple(key.volume for key in pairing.keys),
        losses=-change if metric in LOWER_IS_BETTER else change,
        left_out=tuple(dict.fromkeys(left.reason for left in pairing.left_out)),
    )


def _too_few(test: _Test, config: GateConfig) -> Verdict:
    why = f" (left out: {'; '.join(test.left_out)})" if test.left_out else ""
    reason = f"{len(test.losses)} pairs{why}; expected at least {config.min_pairs}: too few to judge"
    # Of no pair at all, it is not data that there is too little of.
    some = len(test.losses) > 0
    return Verdict(outcome="undecided", kind="quality", subject=test.subject, reason=reason, more_data=some)


def _worst(test: _Test) -> str:
    order = np.argsort(-test.losses, kind="stable")[:_WORST]
    return ", ".join(f"{test.volumes[at]} ({float(test.losses[at]):+.4f})" for at in order)
