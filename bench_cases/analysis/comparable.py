"""Which reports may be compared: the same data, prompts and scoring; model, code, device and precision may differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bench_cases.analysis.observations import Group
from bench_cases.analysis.same_inputs import Clash, clashes, groups_of
from bench_cases.cases import CaseResult, is_baseline
from bench_cases.errors import ReportError
from bench_cases.report.differences import differences
from bench_cases.report.read import Report


def refuse_other_scoring(a: Report, b: Report) -> None:
    """Raise when two reports were scored under different settings.

    Raises
    ------
    ReportError
        With the settings that differ.
    """
    old, new = _scoring(a), _scoring(b)
    if old != new:
        changed = "; ".join(map(str, differences({"scoring": old}, {"scoring": new})))
        msg = (
            f"{names_of(a, b)} cannot be compared: {changed}; expected the same scoring. "
            "Run both with the same settings."
        )
        raise ReportError(msg)


def names_of(a: Report, b: Report) -> str:
    """Return how two reports are called in a message."""
    return f"{a.path.name} and {b.path.name}"


def refuse_different_inputs(results: Iterable[CaseResult], names: str) -> None:
    """Raise when results of one volume come from different data, or of one strategy from different prompts.

    Raises
    ------
    ReportError
        With the first volume concerned and how many more there are.
    """
    found = clashes(results)
    if found:
        raise _refused(found, names)


def apart(a: Sequence[CaseResult], b: Sequence[CaseResult], names: str) -> dict[Group, str]:
    """Return the datasets and strategies that are not compared, each with the reason.

    One volume with other data leaves its dataset out, one with other prompts its strategy: what went wrong with one
    was done to all.

    Parameters
    ----------
    a, b
        The two sides; the same results twice when the models of one run are compared.

    Raises
    ------
    ReportError
        When nothing is left to be compared.
    """
    found = clashes(a if a is b else [*a, *b])
    if not found:
        return {}
    shared = groups_of(a) & groups_of(b)
    reasons = {group: [it.line for it in found if it.concerns(group)] for group in sorted(shared)}
    left_out = {group: _and_more(lines) for group, lines in reasons.items() if lines}
    if len(left_out) == len(shared):
        raise _refused(found, names)
    return left_out


def _and_more(lines: Sequence[str]) -> str:
    return lines[0] + (f", and {len(lines) - 1} more" if len(lines) > 1 else "")


def _refused(found: Sequence[Clash], names: str) -> ReportError:
    first: dict[str, str] = {}
    for clash in found:
        first.setdefault(clash.of, clash.line)
    remedy = "Run both on the same data and prompts, and with the same --sam-seed."
    return ReportError(f"{names} cannot be compared: {_and_more([*first.values()])}; expected the same. {remedy}")


def _settings(report: Report) -> dict[str, Any]:
    values: dict[str, Any] = report.raw["settings"]["values"]
    return values


def _scoring(report: Report) -> dict[str, Any]:
    """Return what must agree; a setting left at its default is as one that an older report does not know.

    Precision is listed by some as scoring, but it is a thing one compares.
    """
    scoring: dict[str, Any] = _settings(report).get("scoring") or {}
    return {name: value for name, value in scoring.items() if name != "precision" and value is not None}


EVERY_LIBRARY = (
    "device",
    "precision",
    "deterministic",
    "attention",
    "tf32_matmul",
    "tf32_cudnn",
    "compile",
    "channels_last",
    "batch",
    "volumes_together",
)
"""Settings of a model that mean the same whatever its library."""

LISTED_ELSEWHERE = ("library", "torch", "torchvision")
"""Versions of packages, of which the environment has a line each."""


def models_differ(report_a: Report, a: str, report_b: Report, b: str) -> list[str]:
    """Return one line for each setting, other than the weights, by which two models differ.

    All that a model's identity holds is looked at, also what follows from its architecture. Models of two libraries
    differ in all that comes with these; then only what means the same in both is compared. A reference row has none
    of these settings, which is no difference of a model.
    """
    if is_baseline(a) != is_baseline(b):
        return []
    facts = [report.raw["models"].get(name, {}) for report, name in ((report_a, a), (report_b, b))]
    before, after = (dict(it.get("settings", {})) for it in facts)
    if facts[0].get("backend") == facts[1].get("backend"):
        names = (before.keys() | after.keys()) - set(LISTED_ELSEWHERE)
    else:
        names = set(EVERY_LIBRARY)
    who = a if a == b else f"{a} and {b}"
    old, new = ({name: it.get(name) for name in names} for it in (before, after))
    found = differences(old, new)
    return [f"{who}: {it.name} is {it.before} in A, {it.after} in B" for it in found]


def what_differs(a: Report, b: Report) -> list[str]:
    """Return one line for each thing that may differ between comparable reports and does."""
    sides = [
        {
            "settings": _settings(report),
            "device": report.raw["environment"].get("device", {}),
            "code": report.raw["environment"]["code"],
            "packages": report.raw["environment"]["packages"],
            "weights": {name: facts.get("weights_sha256") for name, facts in report.raw["models"].items()},
        }
        for report in (a, b)
    ]
    common = set(a.raw["models"]) & set(b.raw["models"])
    for side in sides:
        side["weights"] = {name: value for name, value in side["weights"].items() if name in common}
    return [f"{name}: {before} in A, {after} in B" for name, before, after in differences(sides[0], sides[1])]
