"""Published against measured: a row for each set, model and strategy of a study, means taken as it takes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Final, NamedTuple

from bench_cases.cases import CaseResult, Scores

EVERY_SET: Final = "*"
"""Set of a figure that is the mean over all sets of a study."""

_FIGURES: Final = ("dice", "jaccard")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRow:
    """One cell of a study.

    Parameters
    ----------
    set, model, strategy
        As the study has them; `set` is ``*`` for the mean over its sets.
    dataset, run_model
        What was run for them; None where nothing was.
    phantom
        Whether that is synthetic: such a figure is not set against a published one.
    stand_in
        Whether a phantom of another set, or the micro model of another family, took the place.
    dice_published, jaccard_published, volumes_published, slices_published, source
        The published figure, what it is over, and where it stands; None and empty where the study gives none.
    dice, jaccard
        The measured figure, taken under the study's policy for empty slices and over its unit, 0..1.
    volumes, slices, sets
        What that is over: scored cases, their slices that entered the mean, and sets (1, but for ``*``).
    errors
        Cases without scores, which the mean leaves out.
    dice_difference, jaccard_difference
        Measured minus published; None on phantoms, and where either is missing.
    """

    set: str
    model: str
    strategy: str
    dataset: str | None = None
    run_model: str | None = None
    phantom: bool = False
    stand_in: bool = False
    dice_published: float | None = None
    jaccard_published: float | None = None
    volumes_published: int | None = None
    slices_published: int | None = None
    source: str = ""
    dice: float | None = None
    jaccard: float | None = None
    volumes: int = 0
    slices: int = 0
    sets: int = 0
    errors: int = 0
    dice_difference: float | None = None
    jaccard_difference: float | None = None


class _Measured(NamedTuple):
    dice: float | None
    jaccard: float | None
    volumes: int
    slices: int
    errors: int
    phantom: bool


def study_rows(study: Mapping[str, Any], results: Iterable[CaseResult]) -> list[StudyRow]:
    """Return the rows: every published cell, and every other cell of the study that was run.

    Cells stand in the study's order of sets, models and strategies; models and sets that it does not name follow, with
    the mean over all sets at the end.

    Parameters
    ----------
    study
        A report's field ``study``.
    """
    groups: dict[tuple[str, str, str], list[CaseResult]] = {}
    for result in results:
        groups.setdefault((result.case.dataset, result.case.model, result.case.strategy), []).append(result)
    means = {key: _mean(members, empty=study["empty"], unit=study["unit"]) for key, members in groups.items()}
    published = {(it["set"], it["model"], it["strategy"]): it for it in study["published"]}
    sets = _names(study["sets"], (key[0] for key in means))
    models = _names(study["models"], (key[1] for key in means))
    strategies = list(dict.fromkeys([*(key[2] for key in means), *(key[2] for key in published)]))
    cells = [
        (one, model, strategy)
        for one in sets
        for model in models
        for strategy in strategies
        if (sets[one].runs_as, models[model].runs_as, strategy) in means or (one, model, strategy) in published
    ]
    rows = [_row(cell, sets[cell[0]], models[cell[1]], means, published.get(cell)) for cell in cells]
    return rows + [_over_sets(figure, rows) for figure in study["published"] if figure["set"] == EVERY_SET]


class _Name(NamedTuple):
    runs_as: str | None
    stand_in: bool


def _names(named: Sequence[Mapping[str, Any]], ran: Iterable[str]) -> dict[str, _Name]:
    """Return what the study names, and what ran beside it, each with what it was run as."""
    found = {it["name"]: _Name(it["runs_as"], it["stand_in"]) for it in named}
    known = {it.runs_as for it in found.values()}
    return {**found, **{name: _Name(name, stand_in=False) for name in dict.fromkeys(ran) if name not in known}}


def _row(
    cell: tuple[str, str, str],
    one: _Name,
    model: _Name,
    means: Mapping[tuple[str, str, str], _Measured],
    figure: Mapping[str, Any] | None,
) -> StudyRow:
    found = means.get((one.runs_as or "", model.runs_as or "", cell[2]))
    if found is None:
        return StudyRow(set=cell[0], model=cell[1], strategy=cell[2], **_published(figure))
    return StudyRow(
        set=cell[0],
        model=cell[1],
        strategy=cell[2],
        dataset=one.runs_as,
        run_model=model.runs_as,
        phantom=found.phantom,
        stand_in=one.stand_in or model.stand_in,
        dice=found.dice,
        jaccard=found.jaccard,
        volumes=found.volumes,
        slices=found.slices,
        sets=1,
        errors=found.errors,
        **_published(figure),
        **_differences(figure, {"dice": found.dice, "jaccard": found.jaccard}, phantom=found.phantom),
    )


def _over_sets(figure: Mapping[str, Any], rows: Sequence[StudyRow]) -> StudyRow:
    """Return the mean over the sets that were run, each counting once."""
    members = [row for row in rows if (row.model, row.strategy) == (figure["model"], figure["strategy"]) and row.sets]
    values = {name: [value for row in members if (value := getattr(row, name)) is not None] for name in _FIGURES}
    means = {name: fmean(found) if found else None for name, found in values.items()}
    phantom = any(row.phantom for row in members)
    return StudyRow(
        set=EVERY_SET,
        model=figure["model"],
        strategy=figure["strategy"],
        run_model=members[0].run_model if members else None,
        phantom=phantom,
        stand_in=any(row.stand_in for row in members),
        dice=means["dice"],
        jaccard=means["jaccard"],
        volumes=sum(row.volumes for row in members),
        slices=sum(row.slices for row in members),
        sets=len(values["dice"]),
        errors=sum(row.errors for row in members),
        **_published(figure),
        **_differences(figure, means, phantom=phantom),
    )


def _published(figure: Mapping[str, Any] | None) -> dict[str, Any]:
    if figure is None:
        return {}
    return {
        "dice_published": figure["dice"],
        "jaccard_published": figure["jaccard"],
        "volumes_published": figure["volumes"],
        "slices_published": figure["slices"],
        "source": figure["source"],
    }


def _differences(
    figure: Mapping[str, Any] | None, measured: Mapping[str, float | None], *, phantom: bool
) -> dict[str, Any]:
    if figure is None or phantom:
        return {}
    return {
        f"{name}_difference": None if value is None or figure[name] is None else value - figure[name]
        for name, value in measured.items()
    }


def _mean(results: Sequence[CaseResult], *, empty: str, unit: str) -> _Measured:
    scored = [result.scores for result in results if result.scores is not None and result.status != "error"]
    pooled = {name: [value for scores in scored for value in _values(scores, name, empty, unit)] for name in _FIGURES}
    counted = sum(scores.slices_nonempty if empty == "nonempty" else scores.slices for scores in scored)
    return _Measured(
        dice=fmean(pooled["dice"]) if pooled["dice"] else None,
        jaccard=fmean(pooled["jaccard"]) if pooled["jaccard"] else None,
        volumes=len(scored),
        slices=len(pooled["dice"]) if unit == "slice" else counted,
        errors=len(results) - len(scored),
        phantom=any(result.phantom for result in results),
    )


def _values(scores: Scores, name: str, empty: str, unit: str) -> list[float]:
    """Return what one volume adds to a mean: itself, or its slices. Zero counts; undefined is no number."""
    if unit == "volume":
        return [getattr(scores, f"{name}_{empty}")]
    slices = scores.per_slice
    return [
        value
        for value, pixels in zip(getattr(slices, name), slices.reference_px, strict=True)
        if value is not None and (pixels or empty == "all")
    ]
