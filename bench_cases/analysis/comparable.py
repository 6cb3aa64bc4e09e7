"""Which reports may be compared: the same data, prompts and scoring; model, code, device and precision may differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bench_cases.cases import CaseResult
from bench_cases.errors import ReportError
from bench_cases.report.differences import differences
from bench_cases.report.read import Report


def refuse_incomparable(a: Report, b: Report) -> None:
    """Raise when two reports cannot be compared.

    Raises
    ------
    ReportError
        When scoring settings, or the data, target, number of slices or prompts of a volume that both have, differ.
    """
    names = f"{a.path.name} and {b.path.name}"
    old, new = _scoring(a), _scoring(b)
    if old != new:
        changed = "; ".join(map(str, differences({"scoring": old}, {"scoring": new})))
        msg = f"{names} cannot be compared: {changed}; expected the same scoring. Run both with the same settings."
        raise ReportError(msg)
    refuse_different_inputs([*a.results, *b.results], names)


def refuse_different_inputs(results: Iterable[CaseResult], names: str) -> None:
    """Raise when results of one volume come from different data, or of one strategy from different prompts.

    Raises
    ------
    ReportError
        With the first volume concerned and how many more there are.
    """
    seen: dict[tuple[str, ...], Any] = {}
    clashes: dict[str, str] = {}
    for result in results:
        case = result.case
        volume = f"{case.dataset}/{case.volume}"
        facts: list[tuple[str, str, Any]] = [
            ("data", volume, result.digests.get("data")),
            ("prompts", f"{volume} under {case.strategy}", result.digests.get("prompts")),
            ("seeds", f"{volume} under {case.strategy}", _seed(result)),
            ("target", volume, result.target or None),
            ("window", volume, result.details.get("window")),
            ("tolerance of the NSD", volume, None if result.surface is None else result.surface.tolerance_mm),
            ("number of slices", volume, None if result.scores is None else result.scores.slices),
        ]
        for what, of, value in facts:
            if value is not None and seen.setdefault((what, of), value) != value:
                clashes.setdefault(of, f"the {what} of {of} differ ({_short(seen[what, of])} and {_short(value)})")
    if clashes:
        first, *others = clashes.values()
        more = f", and {len(others)} more" if others else ""
        remedy = "Run both on the same data and prompts, and with the same --sam-seed."
        msg = f"{names} cannot be compared: {first}{more}; expected the same. {remedy}"
        raise ReportError(msg)


def _short(value: Any) -> str:
    text = str(value)
    return text[:12] if len(text) > 40 else text  # a digest is known by its start


def _seed(result: CaseResult) -> str | None:
    """Return the digest of a foreign frame and its prompt; None without one, and in reports older than the digest."""
    seed: Mapping[str, Any] = result.details.get("seed") or {}
    return seed.get("sha256")


def _settings(report: Report) -> dict[str, Any]:
    values: dict[str, Any] = report.raw["settings"]["values"]
    return values


def _scoring(report: Report) -> dict[str, Any]:
    """Return what must agree; a setting left at its default is as one that an older report does not know.

    Precision is listed by some as scoring, but it is a thing one compares.
    """
    scoring: dict[str, Any] = _settings(report).get("scoring") or {}
    return {name: value for name, value in scoring.items() if name != "precision" and value is not None}


RUN_SETTINGS = (
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
    "compiled_extension",
    "apply_postprocessing",
    "fill_hole_area",
    "image_size",
    "multimask_policy",
    "preprocessing",
    "threads",
)
"""Settings of a model that a user chooses or a machine decides; the others follow from library and architecture."""

EVERY_LIBRARY = RUN_SETTINGS[:10]
"""Those that mean the same whatever the library."""


def models_differ(report_a: Report, a: str, report_b: Report, b: str) -> list[str]:
    """Return one line for each setting, other than the weights, by which two models differ.

    Models of two libraries differ in all that comes with these; then only what means the same in both is compared.
    """
    facts = [report.raw["models"].get(name, {}) for report, name in ((report_a, a), (report_b, b))]
    same = facts[0].get("backend") == facts[1].get("backend")
    names = RUN_SETTINGS if same else EVERY_LIBRARY
    before, after = ({name: it.get("settings", {}).get(name) for name in names} for it in facts)
    who = a if a == b else f"{a} and {b}"
    return [
        f"{who}: {name} is {before[name]} in A, {after[name]} in B" for name in names if before[name] != after[name]
    ]


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
