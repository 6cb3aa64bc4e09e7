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
from bench_cases.page.study import Study, marked
from bench_cases.report.cost_rows import costs
from bench_cases.report.summary import summarise

SHEETS = ("differences", "tests", "clicks", "latency", "power", "summary", "deltas", "outliers", "mask-size",
          "position", "covariates", "ranking", "significance", "critical-difference")  # fmt: skip
"""Sheets of the comparison, in order; one without a row is left out."""


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


def _number(value: float | None, digits: str = ".3f") -> str:
    return "-" if value is None or value != value else format(value, digits)  # noqa: PLR0124 - NaN


def _headings(text: str, numeric: str) -> tuple[Heading, ...]:
    """Return headings from names separated by bars: those of text, then those of numbers."""
    return (*(Heading(name) for name in text.split("|")), *(Heading(name, numeric=True) for name in numeric.split("|")))


def overview(study: Study) -> Table:
    """One row a dataset, model and strategy."""
    spent = {(row.dataset, row.model, row.strategy): row for row in costs(study.run.results)}
    rows = []
    datasets = list(dict.fromkeys(result.case.dataset for result in study.run.results))
    for row in sorted(summarise(study.run.results), key=lambda it: datasets.index(it.dataset)):
        cost = spent[row.dataset, row.model, row.strategy]
        strategy = marked(row.strategy)
        scores = (_number(value) for value in (row.dice, row.jaccard, row.dice_all))
        times = (_number(value, ".1f") for value in (row.embed_ms, row.predict_ms))
        prompts = "-" if cost.frames is None else str(cost.frames)
        counts = (str(value) for value in (row.volumes, row.scored))
        bad = (str(value) for value in (row.failed, row.errors))
        saved = _number(None if row.prompts_saved is None else 100 * row.prompts_saved, ".1f")
        names = (study.named(row.dataset), row.model, strategy)
        rows.append((*names, *counts, *scores, *times, prompts, saved, *bad))
    return Table(
        name="overview",
        title="Scores by dataset, model and strategy",
        columns=_headings(
            "dataset|model|strategy",
            "volumes|scored|Dice|Jaccard|Dice 3D|embed ms|predict ms|frames prompted|% saved|below floor|errors",
        ),
        rows=tuple(rows),
        notes=(
            "Dice, Jaccard: mean over the slices with target, then over volumes. Dice 3D: over all voxels of a volume.",
            "embed, predict: median a frame. % saved: prompted frames, against one on every slice with target.",
        ),
    )


def cases(study: Study) -> Table:
    """One row a case."""
    return Table(
        name="cases",
        title="Cases",
        columns=(
            *_headings(
                "dataset|volume|model|strategy|status", "Dice|Jaccard|Dice 3D|worst slice|slices|floor Dice|seconds"
            ),
            Heading("message"),
        ),
        rows=tuple(_case(study, result) for result in study.run.results),
    )


def _case(study: Study, result: CaseResult) -> tuple[str, ...]:
    scores, case = result.scores, result.case
    seconds = _number(sum(sum(samples) for samples in result.timings_s.values()), ".2f")
    floor = _number(None if result.floor is None or not result.floor.dice else result.floor.dice)
    names = (study.named(case.dataset), case.volume, case.model, marked(case.strategy), result.status)
    if scores is None:
        return (*names, *("-",) * 5, floor, seconds, result.message)
    pairs = zip(scores.per_slice.dice, scores.per_slice.reference_px, strict=True)
    worst = min((dice for dice, area in pairs if area and dice is not None), default=None)
    numbers = (_number(value) for value in (scores.dice_nonempty, scores.jaccard_nonempty, scores.dice_all, worst))
    return (*names, *numbers, str(scores.slices), floor, seconds, result.message)


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
    numeric = [
        any(isinstance(row[at], int | float) and not isinstance(row[at], bool) for row in sheet.rows)
        for at in range(len(sheet.columns))
    ]
    return Table(
        name=sheet.name,
        title=sheet.title,
        columns=tuple(Heading(column.name, kind) for column, kind in zip(sheet.columns, numeric, strict=True)),
        rows=tuple(islice(_texts(sheet), MOST)),
        notes=(*sheet.notes, *more),
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
