"""Absolute floors: the least mean over volumes, whatever the baseline had."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Iterator
from statistics import fmean

from bench_cases.analysis.gate.candidates import Candidates
from bench_cases.analysis.gate.config import GateConfig
from bench_cases.analysis.gate.verdict import Verdict
from bench_cases.analysis.observations import by_model
from bench_cases.cases import is_baseline


def absolute(chosen: Candidates, config: GateConfig) -> Iterator[Verdict]:
    """Yield a verdict for each floor and each dataset, strategy and model it holds for.

    A floor that holds for nothing is undecided: a name was mistyped, or what it protects is gone. It holds for a model
    by its own name, and by that of the baseline's model whose place it takes. Reference rows have no floor but one that
    names them.
    """
    models, rows = by_model([*chosen.run, *chosen.alone]), by_model(chosen.rows)
    for number, rule in enumerate(config.floors, start=1):
        held = False
        for model, observed in ({**models, **rows} if is_baseline(rule.model) else models).items():
            own = chosen.stand_ins.get(model, model)
            if not (fnmatch.fnmatchcase(model, rule.model) or fnmatch.fnmatchcase(own, rule.model)):
                continue
            for metric, least in rule.least.items():
                for (dataset, strategy), values in observed.groups(metric, "volume").items():
                    if fnmatch.fnmatchcase(dataset, rule.dataset) and fnmatch.fnmatchcase(strategy, rule.strategy):
                        held = True
                        # An error is a failure, not a gap: it counts as the worst score.
                        scores = [
                            it.value if math.isfinite(it.value) else 0.0
                            for it in values
                            if math.isfinite(it.value) or it.note.startswith("error")
                        ]
                        yield _verdict(f"{dataset} {strategy} {chosen.label(model)} {metric}", scores, least)
        if not held:
            subject = f"floor {number} ({rule.dataset} {rule.strategy} {rule.model})"
            reason = "no case of the run matches it; correct the names in gate.toml"
            yield Verdict(outcome="undecided", kind="floor", subject=subject, reason=reason)


def _verdict(subject: str, scores: list[float], least: float) -> Verdict:
    if not scores:
        return Verdict(outcome="undecided", kind="floor", subject=subject, reason="no volume carries the target")
    mean = fmean(scores)
    relation = ">=" if mean >= least else "<"
    return Verdict(
        outcome="pass" if mean >= least else "regression",
        kind="floor",
        subject=subject,
        reason=f"mean {mean:.4f} {relation} {least:.4f} over {len(scores)} volumes",
    )
