"""Speed: the ratio of medians with its interval, never a bare threshold."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from bench_cases.analysis.gate.config import GateConfig
from bench_cases.analysis.gate.rule import decide, outcome
from bench_cases.analysis.gate.verdict import Verdict
from bench_cases.analysis.statistics.block_bootstrap import MedianRatio, median_ratio
from bench_cases.cases import Case, CaseResult
from bench_cases.report.device import alike, in_full, label
from bench_cases.report.read import Report
from bench_cases.report.stages import StageSamples, stage_samples

_Key = tuple[str, str, str, str]


class Timed(NamedTuple):
    """A report, and those of its results that are judged, by the names they are judged under."""

    report: Report
    results: Sequence[CaseResult]


def speed(run: Timed, base: Timed, config: GateConfig, *, label: Callable[[str], str] = str) -> Iterator[Verdict]:
    """Yield a verdict for each dataset, strategy, model and stage that the runs timed.

    Both runs saw the same volumes: these are strata, and what is uncertain is the timing of each. How a whole run was
    slowed down (a hot machine, a neighbour) is in no interval that two runs can give; the limit must leave room for it.
    A volume that only one of the two timed, though both have its case, leaves the stage undecided.

    Parameters
    ----------
    label
        Model of the baseline to what it is called in a verdict.
    """
    if not config.speed:
        return
    obstacle = _obstacle(run.report, base.report)
    if obstacle:
        yield Verdict(outcome="undecided", kind="speed", subject="run and baseline", reason=obstacle)
        return
    judged: list[tuple[str, MedianRatio]] = []
    for subject, new, old, untimed in _pairs(run, base, config, label):
        if untimed:
            reason = f"not timed in {untimed}; expected samples above 0 s of every case. Run it again"
            yield Verdict(outcome="undecided", kind="speed", subject=subject, reason=reason)
            continue
        if [it.samples_s for it in new] == [it.samples_s for it in old]:
            yield Verdict(outcome="pass", kind="speed", subject=subject, reason="the very same samples")
            continue
        found = median_ratio(
            [it.samples_s for it in new], [it.samples_s for it in old], confidence=1 - 2 * config.alpha
        )
        if found.n < config.min_samples or found.high is None:
            reason = f"{found.n} samples; expected at least {config.min_samples}: too few to judge"
            yield Verdict(outcome="undecided", kind="speed", subject=subject, reason=reason, more_data=True)
        else:
            judged.append((subject, found))
    if not judged:
        return
    upper = [found.high if found.high is not None else math.inf for _, found in judged]
    p = [found.p_slower if found.p_slower is not None else 1.0 for _, found in judged]
    decisions = decide(upper, p, config.speed_limit, alpha=config.alpha)
    for (subject, found), decided in zip(judged, decisions, strict=True):
        reason = (
            f"x {found.ratio:.3f} ({found.low:.3f} .. {found.high:.3f}), limit x {config.speed_limit:g}, "
            f"{found.n} samples"
        )
        if decided == "undecided":
            reason += "; not shown to be within the limit, nor to be slower: time more, or widen the limit"
        noisy = decided == "undecided"
        yield Verdict(
            outcome=outcome(str(decided)), kind="speed", subject=subject, reason=reason, more_data=bool(noisy)
        )


def _obstacle(run: Report, base: Report) -> str:
    elsewhere = _other_device(run, base)
    if elsewhere:
        return elsewhere
    for name, report in (("run", run), ("baseline", base)):
        if report.raw["settings"]["values"].get("timings_taken_under_load"):
            return f"the {name} was timed under load (pytest-xdist); expected one process. Run it without -n"
    synchronised = [bool(it.raw["settings"]["values"].get("unsynchronised")) for it in (run, base)]
    if synchronised[0] != synchronised[1]:
        return "only one of the two was timed with --sam-unsynchronised; expected both alike"
    for option in ("batch", "volumes_together"):
        sizes = [it.raw["settings"]["values"].get(option, "auto") for it in (run, base)]
        if sizes[0] != sizes[1]:
            # A share of a batch is no time that anything took.
            typed = f"--sam-{option.replace('_', '-')} {sizes[0]}"
            return f"timed with {typed}, the baseline with {sizes[1]}; expected both alike"
    return ""


def _other_device(run: Report, base: Report) -> str:
    here, there = (_timed_on(report) for report in (run, base))
    for name, devices in (("run", here), ("baseline", there)):
        if len(devices) > 1:
            return f"parts of the {name} were timed on {' and '.join(devices)}; expected one device"
    (ours,), (theirs,) = here.values(), there.values()
    if alike(ours, theirs):
        return ""
    shown = label if label(ours) != label(theirs) else in_full
    return f"timed on {shown(ours)}, the baseline on {shown(theirs)}; expected one device. Set a baseline for it"


def _timed_on(report: Report) -> dict[str, Mapping[str, Any]]:
    """Return name to facts of each device that a run, or the parts it was merged from, computed on."""
    parts = report.raw["run"].get("merged", {}).get("parts", ())
    devices = [part["device"] for part in parts if "device" in part] or [report.raw["environment"]["device"]]
    return {label(it): it for it in devices}


def _pairs(
    run: Timed, base: Timed, config: GateConfig, label: Callable[[str], str]
) -> Iterator[tuple[str, list[StageSamples], list[StageSamples], str]]:
    """Yield the samples of both, volume by volume in one order, and where some are lacking."""
    new, old = (_timed(side.results, config) for side in (run, base))
    ended = [{it.case for it in side.results if it.status != "error"} for side in (run, base)]
    for key in {**old, **new}:
        after, before = new.get(key, {}), old.get(key, {})
        lacking = [
            f"the {name}: {', '.join(volumes)}"
            for name, volumes in (
                ("run", _untimed(before, after, ended[0])),
                ("baseline", _untimed(after, before, ended[1])),
            )
            if volumes
        ]
        both = sorted(before.keys() & after.keys())
        if both or lacking:
            dataset, strategy, model, stage = key
            subject = f"{dataset} {strategy} {label(model)} {stage}"
            yield subject, [after[it] for it in both], [before[it] for it in both], "; ".join(lacking)


def _timed(results: Sequence[CaseResult], config: GateConfig) -> dict[_Key, dict[str, StageSamples]]:
    groups: dict[_Key, dict[str, StageSamples]] = {}
    for it in stage_samples(results):
        if it.stage in config.speed and min(it.samples_s) > 0:
            groups.setdefault((it.dataset, it.strategy, it.model, it.stage), {})[it.volume] = it
    return groups


def _untimed(there: Mapping[str, StageSamples], here: Mapping[str, StageSamples], ended: Container[Case]) -> list[str]:
    """Return the volumes that only the other side timed, though a case that was timed there ended well here."""
    return [
        volume
        for volume, samples in there.items()
        if volume not in here and any(result.case in ended for result in samples.results)
    ]
