"""The page of a report: verdict first, then scores, figures, evidence, pictures, cases, provenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench_cases import __version__
from bench_cases.analysis.gate.verdict import Verdict
from bench_cases.page import tables
from bench_cases.page.document import render
from bench_cases.page.figures.catalogue import KINDS, figures
from bench_cases.page.headline import headline, warnings
from bench_cases.page.looks.gallery import Gallery
from bench_cases.page.provenance import provenance
from bench_cases.page.study import Study


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFigure:
    """A figure as the template takes it; `svg` is markup of our own making."""

    name: str
    title: str
    caption: str
    svg: str


def report_page(study: Study, verdicts: Sequence[Verdict] = (), gallery: Gallery | None = None) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    verdicts
        Of the gate; shown when the study has a baseline.
    gallery
        Pictures; None leaves every pixel of a scan out of the page.
    """
    from markupsafe import Markup

    drawn = {
        kind: [
            DrawnFigure(
                name=figure.name,
                title=figure.title,
                caption=figure.caption,
                # The SVG escapes the names in it; matplotlib writes it, not a template.
                svg=Markup(figure.inline()),  # noqa: S704 - as matplotlib wrote it
            )
            for figure in found
        ]
        for kind, found in figures(study).items()
    }
    wrong = [verdict for verdict in tables.worst_first(verdicts) if verdict.outcome != "pass"]
    bad = [result for result in study.run.results if result.status != "passed"]
    return render(
        "report.html",
        scripts=["tables.js"],
        title=f"sambench: {study.run.path.name}",
        version=__version__,
        headline=headline(study, verdicts),
        wrong=wrong,
        bad=bad,
        warnings=warnings(study),
        phantom=bool(study.phantoms),
        overview=tables.overview(study),
        verdicts=tables.verdicts(verdicts) if verdicts else None,
        kinds=KINDS,
        figures=drawn,
        compared=tables.compared(study),
        not_compared=study.not_compared,
        sides=_sides(study),
        gallery=gallery,
        cases=tables.cases(study),
        not_run=tables.not_run(study.run.raw["not_run"]),
        provenance=provenance(study),
    )


def _sides(study: Study) -> str:
    if study.base is None:
        return "Models of this run, in pairs A and B. Differences are A minus B."
    return f"A: the baseline, {study.base.path.name}. B: this run. Differences are A minus B."
