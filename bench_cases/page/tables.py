"""The tables of the page: plain text in cells, and which columns are numbers, for sorting."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from bench_cases.analysis.evidence import Method
from bench_cases.analysis.gate.verdict import Verdict
from bench_cases.analysis.sheets.catalogue import sheets
from bench_cases.analysis.sheets.sheet import Sheet, shown
from bench_cases.cases import CaseResult
from bench_cases.page.standing import NO_FLOOR, has_floor, standing
from bench_cases.page.study import Study, marked
from bench_cases.report.cost_rows import costs
from bench_cases.report.summary import SummaryRow, summarise

SHEETS = ("differences", "tests", "clicks", "latency", "power", "summary", "deltas", "outliers", "mask-size",
          "position", "covariates", "ranking", "significance", "critical-difference")  # fmt: skip
"""Sheets of the comparison, in order; one without a row is left out."""


_TOLD = ("dataset", "strategy", "within", "A", "B", "model")
"""Columns of a sheet that are told above it where all its rows have the same."""

MOST = 200
"""Rows of a sheet that a page takes: with all of them a long report would not open on a phone."""


class Heading(NamedTuple):
    """A column: its name, and whether it holds numbers."""

    name: str
    numeric: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table of text."""

    name: str
    title: str
    columns: tuple[Heading, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    about: str = ""


def _number(value: float | None, digits: str = ".3f") -> str:
    return "-" if value is None or value != value else format(value, digits)  # noqa: PLR0124 - NaN


def _headings(text: str, numeric: str) -> tuple[Heading, ...]:
    """Return headings from names separated by bars: those of text, then those of numbers."""
    return (*(Heading(name) for name in text.split("|")), *(Heading(name, numeric=True) for name in numeric.split("|")))


def overview(study: Study) -> list[Table]:
    """One table a dataset, under its name; a row for each model and strategy, what went wrong beside the score."""
    found: dict[str, list[SummaryRow]] = {result.case.dataset: [] for result in study.run.results}
    for row in summarise(study.run.results):
        found[row.dataset].append(row)
    return [_scores(study, number, dataset, rows) for number, (dataset, rows) in enumerate(found.items(), start=1)]


def _scores(study: Study, number: int, dataset: str, found: Sequence[SummaryRow]) -> Table:
    spent = {(row.dataset, row.model, row.strategy): row for row in costs(study.run.results)}
    with_floor = {(it.case.model, it.case.strategy) for it in study.run.results if has_floor(it)}
    rows = []
    for row in found:
        cost = spent[row.dataset, row.model, row.strategy]
        failed = str(row.failed) if row.failed or (row.model, row.strategy) in with_floor else NO_FLOOR
        scored = str(row.volumes) if row.scored == row.volumes else f"{row.scored} of {row.volumes}"
        scores = (_number(value) for value in (row.jaccard, row.dice_all))
        times = (_number(value, ".1f") for value in (row.embed_ms, row.predict_ms))
        prompts = "-" if cost.frames is None else str(cost.frames)
        saved = _number(None if row.prompts_saved is None else 100 * row.prompts_saved, ".1f")
        names = (row.model, marked(row.strategy))
        rows.append(
            (*names, _number(row.dice), failed, str(row.errors), *scores, scored, *times, prompts, saved),
        )
    notes = (
        "Dice, Jaccard: mean over the slices with target, then over volumes. Dice 3D: over all voxels of a volume.",
        "below floor, errors: cases.",
        "embed, predict: median a frame. % saved: prompted frames, against one on every slice with target.",
    )
    return Table(
        name="overview" if number == 1 else f"overview-{number}",
        title=study.named(dataset),
        columns=_headings(
            "model|strategy",
            "Dice|below floor|errors|Jaccard|Dice 3D|volumes|embed ms|predict ms|frames prompted|% saved",
        ),
        rows=tuple(rows),
        notes=notes if number == 1 else (),
    )


def cases(study: Study) -> Table:
    """One row a case: how it stands and its score first, messages where there are any."""
    said = any(result.message for result in study.run.results)
    columns = (
        Heading("status"),
        *(Heading(name, numeric=True) for name in ("Dice", "floor Dice")),
        *(Heading(name) for name in ("model", "strategy", "volume", "dataset", *(["message"] if said else []))),
        *(Heading(name, numeric=True) for name in ("Jaccard", "Dice 3D", "worst slice", "slices", "seconds")),
    )
    return Table(
        name="cases",
        title="Cases",
        columns=columns,
        rows=tuple(_case(study, result, said=said) for result in study.run.results),
        notes=("no floor: ended well, with no score that it had to reach.",)
        if any(standing(result) == NO_FLOOR for result in study.run.results)
        else (),
    )


def _case(study: Study, result: CaseResult, *, said: bool) -> tuple[str, ...]:
    scores, case = result.scores, result.case
    seconds = _number(sum(sum(samples) for samples in result.timings_s.values()), ".2f")
    floor = _number(None if result.floor is None or not result.floor.dice else result.floor.dice)
    names = (case.model, marked(case.strategy), case.volume, study.named(case.dataset))
    words = (*names, result.message) if said else names
    if scores is None:
        return (standing(result), "-", floor, *words, *("-",) * 4, seconds)
    pairs = zip(scores.per_slice.dice, scores.per_slice.reference_px, strict=True)
    worst = min((dice for dice, area in pairs if area and dice is not None), default=None)
    numbers = (_number(value) for value in (scores.jaccard_nonempty, scores.dice_all, worst))
    return (
        standing(result), _number(scores.dice_nonempty), floor, *words, *numbers, str(scores.slices), seconds
    )  # fmt: skip


def worst_first(found: Sequence[Verdict]) -> list[Verdict]:
    """Return verdicts of the gate with regressions first, passes last."""
    order = {"regression": 0, "undecided": 1, "pass": 2}
    return sorted(found, key=lambda verdict: order[verdict.outcome])


def verdicts(found: Sequence[Verdict]) -> Table:
    """One row a verdict of the gate, regressions first."""
    listed = worst_first(found)
    return Table(
        name="verdicts",
        title="All verdicts",
        columns=tuple(map(Heading, ("verdict", "kind", "about", "reason"))),
        rows=tuple((it.outcome, it.kind, it.subject, it.reason) for it in listed),
    )


def compared(study: Study) -> list[Table]:
    """Return the tables of the comparison: intervals, tests, ranks; none without one."""
    if study.comparison is None:
        return []
    made = sheets(study.comparison, names=SHEETS, method=Method(), rank_by="model")
    return [from_sheet(sheet) for sheet in made if sheet.rows]


def from_sheet(sheet: Sheet) -> Table:
    """Return a sheet as text."""
    more = []
    if len(sheet.rows) > MOST:
        more = [f"The first {MOST} of {len(sheet.rows)} rows; sambench compare --table {sheet.name} has them all."]
    names = [column.name for column in sheet.columns]
    numeric = [
        any(isinstance(row[at], int | float) and not isinstance(row[at], bool) for row in sheet.rows)
        for at in range(len(names))
    ]
    # A screen has no room for what is the same in every row, and the answer must not be the column that is cut off.
    told = [at for at, name in enumerate(names) if name in _TOLD and len({row[at] for row in sheet.rows}) == 1]
    keys = [at for at, name in enumerate(names) if name in (*_TOLD, "metric") and at not in told]
    verdict = [at for at, name in enumerate(names) if name == "verdict"]
    order = list(dict.fromkeys([*keys, *verdict, *(at for at in range(len(names)) if at not in told)]))
    return Table(
        name=sheet.name,
        title=sheet.title,
        columns=tuple(Heading(names[at], numeric[at]) for at in order),
        rows=tuple(tuple(row[at] for at in order) for row in islice(_texts(sheet), MOST)),
        notes=(*sheet.notes, *more),
        about="; ".join(f"{names[at]}: {shown(sheet.rows[0][at])}" for at in told),
    )


def _texts(sheet: Sheet) -> Iterator[tuple[str, ...]]:
    for row in sheet.rows:
        yield tuple(shown(value, column.digits) for value, column in zip(row, sheet.columns, strict=True))


def not_run(entries: Iterable[dict[str, str]]) -> Table:
    """One row for each thing that was selected or known, but not run."""
    return Table(
        name="not-run",
        title="Not run",
        columns=tuple(map(Heading, ("what", "reason", "remedy"))),
        rows=tuple((entry["what"], entry["reason"], entry["remedy"]) for entry in entries),
    )
