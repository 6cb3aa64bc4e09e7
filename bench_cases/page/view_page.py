"""The page of one case: every slice with outlines and prompts, a slider, and the scores."""

from __future__ import annotations

import difflib
from typing import Final

from bench_cases import __version__
from bench_cases.cases import CaseResult, is_baseline
from bench_cases.errors import SelectionError
from bench_cases.page.document import render, score
from bench_cases.page.looks.look import Look
from bench_cases.page.looks.slices import SlicePicture, slice_picture
from bench_cases.page.standing import standing
from bench_cases.page.tables import Heading, Table
from bench_cases.report.read import Report

_SHOWN: Final = 5


def case_named(run: Report, text: str) -> CaseResult:
    """Return the case whose id is `text`, or the only one whose id holds all its words.

    Of several, the only one of a model under test is meant: a row to be beaten is shown by name.

    Raises
    ------
    SelectionError
        When there is none, with the nearest, or more than one.
    """
    exact = [result for result in run.results if result.case.key == text]
    found = exact or [result for result in run.results if all(word in result.case.key for word in text.split())]
    if len(found) > 1:
        found = [result for result in found if not is_baseline(result.case.model)] or found
    if len(found) == 1 and text.strip():
        return found[0]
    keys = [result.case.key for result in found or run.results]
    if len(found) > 1:
        shown = "; ".join(keys[:_SHOWN]) + ("; ..." if len(keys) > _SHOWN else "")
        msg = f"{text!r} is in the ids of {len(found)} cases; expected one. Give one of: {shown}."
        raise SelectionError(msg)
    near = difflib.get_close_matches(text, keys, n=1, cutoff=0.4)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    msg = f"{run.path.name}: no case {text!r}; expected an id as `sambench report` and pytest show it.{hint}"
    raise SelectionError(msg)


def view_page(run: Report, look: Look) -> str:
    """Return the page as HTML; it holds the pixels of the whole scan."""
    result = look.result
    slices = [slice_picture(look, number, kind="JPEG") for number in range(len(look.frames))]
    scored = [it for it in slices if it.dice is not None and it.reference_px]
    prompted = [it.number for it in slices if it.marks or it.boxes or it.has_mask_prompt]
    worst = min(scored, key=lambda it: it.dice or 0.0, default=None)
    best = max(scored, key=lambda it: it.dice or 0.0, default=None)
    start = worst or next((it for it in slices if it.reference_px), slices[0])
    dataset = f"{result.case.dataset} PHANTOM" if result.phantom else result.case.dataset
    return render(
        "view.html",
        scripts=["tables.js", "view.js"],
        title=f"sambench: {result.case.key}",
        version=__version__,
        run=run,
        result=result,
        standing=standing(result),
        dataset=dataset,
        slices=slices,
        start=start.number,
        worst=worst,
        best=best,
        prompted=prompted,
        foreign="seed" in result.prompts,
        table=_table(slices, prompted),
    )


def _table(slices: list[SlicePicture], prompted: list[int]) -> Table:
    columns = (
        *(Heading(name, numeric=True) for name in ("slice", "Dice", "Jaccard", "reference px", "predicted px")),
        Heading("prompt"),
    )
    return Table(
        name="slices",
        title="Scores by slice",
        columns=columns,
        rows=tuple(
            (
                str(it.number),
                score(it.dice),
                score(it.jaccard),
                str(it.reference_px),
                str(it.predicted_px),
                "prompted" if it.number in set(prompted) else "",
            )
            for it in slices
        ),
        notes=("-: neither mask has anything on the slice, or the slice is left out of the scores.",),
    )
