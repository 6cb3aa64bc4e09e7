"""Comparing models within a run, or two runs: one row for each dataset, strategy and metric."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from bench_cases.analysis.cautions import cautions
from bench_cases.analysis.comparable import apart, models_differ, names_of, refuse_other_scoring, what_differs
from bench_cases.analysis.observations import LATENCIES, METRICS, Group, Mode, Observed, metrics_of
from bench_cases.analysis.pairing import LeftOut
from bench_cases.analysis.rows import ComparisonRow, PairedGroup, Side, paired_groups, tested
from bench_cases.analysis.same_inputs import without
from bench_cases.cases import is_baseline
from bench_cases.errors import ReportError
from bench_cases.report.device import alike, in_full
from bench_cases.report.read import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All tests of one comparison, and what a reader must know.

    Parameters
    ----------
    left_out
        Labels of A and B, and an observation that is in none of their tests.
    warnings
        One line each.
    sources
        Paths of the reports.
    differences
        What differs, beside the models' names, between two comparable reports or the models of one: weights, settings
        of a model, device, precision, code, packages.
    groups
        The pairs behind each of `rows`, in their order.
    """

    rows: tuple[ComparisonRow, ...]
    left_out: tuple[tuple[str, str, LeftOut], ...]
    warnings: tuple[str, ...]
    sources: tuple[str, ...]
    differences: tuple[str, ...] = ()
    groups: tuple[PairedGroup, ...] = ()


def mode_of(reports: Sequence[Report]) -> Mode:
    """Return the mode that the runs were made for: ``paper`` when all were to be tested by slices (``--sam-unit``)."""
    units = {report.raw["settings"]["values"].get("unit", "volume") for report in reports}
    return "paper" if units == {"slice"} else "volume"


Typed = Callable[[str, str], str]
"""A model of A and one of B to what a user types so that they are compared."""


def by_pair(a: str, b: str) -> str:
    """Return the option of the commands that compare.

    >>> by_pair("old", "new")
    '--pair old=new'
    """
    return f"--pair {a}={b}"


def within(
    report: Report, *, baseline: str | None = None, mode: Mode = "volume", metrics: Sequence[str] = ()
) -> Comparison:
    """Compare the models of one run: every pair, or each with `baseline` as A.

    A reference row (`bench_cases.cases.is_baseline`) is in no pair when there are two models besides, unless it is
    `baseline`: it would only make the family of tests larger.

    Raises
    ------
    ReportError
        When there are fewer than two models, `baseline` is none of them, or the models did not see the same input.
    """
    models = list(dict.fromkeys(result.case.model for result in report.results))
    if len(models) < 2:
        msg = (
            f"{report.path}: holds {len(models)} model ({', '.join(models) or 'none'}); expected two or more. "
            "Run with several models, or give a second report."
        )
        raise ReportError(msg)
    if baseline is not None and baseline not in models:
        raise ReportError(unknown_model(baseline, models, str(report.path)))
    left_out = apart(report.results, report.results, f"the models of {report.path.name}")
    rivals = [name for name in models if not is_baseline(name)]
    named = rivals if len(rivals) > 1 or (rivals and baseline not in {None, *rivals}) else models
    pairs = list(combinations(named, 2)) if baseline is None else [(baseline, it) for it in named if it != baseline]
    observed = {name: _of_model(report, name, left_out) for name in models}
    sides = [(Side(a, observed[a]), Side(b, observed[b])) for a, b in pairs]
    compared = _compare(sides, mode=mode, metrics=metrics, reports=(report,))
    unlike = [line for a, b in pairs for line in models_differ(report, a, report, b)]
    beaten = [
        f"{name} is a reference row and is not paired; `sambench compare --baseline {name}` pairs every model with it."
        for name in models
        if name not in {baseline, *named}
    ]
    warnings = (*_not_compared(left_out), *compared.warnings, *beaten)
    return replace(compared, warnings=warnings, differences=tuple(unlike))


def between(
    report_a: Report,
    report_b: Report,
    *,
    pairs: Sequence[tuple[str, str]] = (),
    mode: Mode = "volume",
    metrics: Sequence[str] = (),
    typed: Typed = by_pair,
) -> Comparison:
    """Compare two runs.

    A model that both have is compared with itself. When they have none in common and one each, those two are compared.

    Parameters
    ----------
    pairs
        Models to compare, ``(model in A, model in B)``, instead.
    typed
        What a user types to name such a pair, for the advice that is given.

    Raises
    ------
    ReportError
        When the reports cannot be compared, or which models belong together cannot be known.
    """
    refuse_other_scoring(report_a, report_b)
    left_out = apart(report_a.results, report_b.results, names_of(report_a, report_b))
    in_a, in_b = (list(dict.fromkeys(result.case.model for result in r.results)) for r in (report_a, report_b))
    for a, b in pairs:
        for name, models, report in ((a, in_a, report_a), (b, in_b, report_b)):
            if name not in models:
                raise ReportError(unknown_model(name, models, str(report.path)))
    common = [name for name in in_a if name in in_b]
    rivals = [name for name in common if not is_baseline(name)]
    chosen = list(pairs) or [(name, name) for name in rivals or common]
    if not chosen and len(in_a) == len(in_b) == 1:
        chosen = [(in_a[0], in_b[0])]
    if not chosen:
        msg = (
            f"{report_a.path.name} has {', '.join(in_a) or 'no model'} and {report_b.path.name} has "
            f"{', '.join(in_b) or 'no model'}; expected a model in common, or one each. Say which belong together: "
            f"{typed('MODEL_IN_A', 'MODEL_IN_B')}."
        )
        raise ReportError(msg)
    sides = [
        (
            Side(_label(a, b, "A"), _of_model(report_a, a, left_out)),
            Side(_label(b, a, "B"), _of_model(report_b, b, left_out)),
        )
        for a, b in chosen
    ]
    compared = _compare(sides, mode=mode, metrics=metrics, reports=(report_a, report_b))
    alone = [
        f"model {name} is only in {side} and is not compared."
        for side, models, used in (("A", in_a, {a for a, _ in chosen}), ("B", in_b, {b for _, b in chosen}))
        for name in models
        if name not in used and name not in common
    ]
    alone += _renamed(report_a, report_b, chosen, typed)
    alone += [
        f"{name} is a reference row and is not paired; {typed(name, name)} compares it."
        if is_baseline(name)
        else f"model {name} is in both and in no pair; {typed(name, name)} compares it."
        for name in common
        if not any(name in pair for pair in chosen)
    ]
    return Comparison(
        rows=compared.rows,
        left_out=compared.left_out,
        warnings=(
            *_not_compared(left_out),
            *_devices(report_a, report_b, compared.rows),
            *compared.warnings,
            *alone,
        ),
        sources=compared.sources,
        differences=(
            *what_differs(report_a, report_b),
            *(line for a, b in chosen for line in models_differ(report_a, a, report_b, b)),
        ),
        groups=compared.groups,
    )


def _renamed(a: Report, b: Report, chosen: Sequence[tuple[str, str]], typed: Typed) -> list[str]:
    """Say how models that only one run has are compared all the same, first of all those of the same weights."""
    weights_a, weights_b = (
        {
            name: report.raw["models"].get(name, {}).get("weights_sha256")
            for name in dict.fromkeys(result.case.model for result in report.results)
            if name not in there and not is_baseline(name)
        }
        for report, there in (
            (a, {r.case.model for r in b.results} | {one for one, _ in chosen}),
            (b, {r.case.model for r in a.results} | {other for _, other in chosen}),
        )
    )
    if not (weights_a and weights_b):
        return []
    alike = [(x, y) for x, one in weights_a.items() for y, other in weights_b.items() if one and one == other]
    lines = [f"{x} of A and {y} of B are the same weights; {typed(x, y)} compares them." for x, y in alike]
    return lines or [f"{typed('MODEL_IN_A', 'MODEL_IN_B')} compares models of two names."]


def unknown_model(name: str, models: Sequence[str], where: str) -> str:
    """Return the message for a model that a report does not hold, with the nearest that it does."""
    near = difflib.get_close_matches(name, models, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"{where}: no model {name!r}; expected one of {', '.join(models) or 'none'}.{hint}"


def _label(name: str, other: str, side: str) -> str:
    return f"{name} ({side})" if name == other else name


def _of_model(report: Report, model: str, left_out: Container[Group]) -> Observed:
    return Observed([result for result in without(report.results, left_out) if result.case.model == model])


def _not_compared(left_out: Mapping[Group, str]) -> list[str]:
    return [f"{dataset} {strategy} is not compared: {reason}." for (dataset, strategy), reason in left_out.items()]


def _devices(a: Report, b: Report, rows: Sequence[ComparisonRow]) -> list[str]:
    """Say that times of two devices are no times of two models."""
    here, there = (report.raw["environment"]["device"] for report in (a, b))
    if alike(here, there) or not any(row.scale == "ratio" for row in rows):
        return []
    where = f"A was timed on {in_full(here)}, B on {in_full(there)}"
    return [f"{where}: a ratio of times is one of devices too, and says nothing of a model."]


def _compare(
    sides: Sequence[tuple[Side, Side]], *, mode: Mode, metrics: Sequence[str], reports: Sequence[Report]
) -> Comparison:
    groups: list[PairedGroup] = []
    left_out: dict[tuple[object, ...], tuple[str, str, LeftOut]] = {}
    untimed: dict[str, None] = {}
    for metric in metrics:
        if metric not in metrics_of(mode):
            raise ReportError(_unknown_metric(metric, mode))
    for a, b in sides:
        for metric in metrics or metrics_of(mode):
            if not metrics and metric in LATENCIES and is_baseline(a.label) != is_baseline(b.label):
                untimed[a.label if is_baseline(a.label) else b.label] = None
                continue
            new_groups, new_left_out = paired_groups(a, b, metric, mode)
            groups.extend(new_groups)
            for left in new_left_out:
                # One line a key however many metrics it is missing from; scores come first and say why.
                left_out.setdefault((a.label, b.label, left.key, left.side), (a.label, b.label, left))
    compared = assembled(groups, list(left_out.values()), mode=mode, reports=reports)
    said = [f"times of {name}, a reference row, are not compared: --metric embed compares them." for name in untimed]
    return replace(compared, warnings=(*compared.warnings, *said))


def _unknown_metric(metric: str, mode: Mode) -> str:
    near = difflib.get_close_matches(metric, metrics_of(mode), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    what = f"metric {metric!r} is none of mode {mode!r}" if metric in METRICS else f"there is no metric {metric!r}"
    return f"{what}; expected one of {', '.join(metrics_of(mode))}.{hint}"


def assembled(
    groups: Sequence[PairedGroup],
    left_out: Sequence[tuple[str, str, LeftOut]],
    *,
    mode: Mode,
    reports: Sequence[Report],
) -> Comparison:
    """Test each group and say what a reader of the tests must know."""
    rows = [tested(group) for group in groups]
    return Comparison(
        rows=tuple(rows),
        groups=tuple(groups),
        left_out=tuple(left_out),
        warnings=cautions(rows, mode, reports),
        sources=tuple(str(report.path) for report in reports),
    )
