"""All figures by kind, in the order of reading, and why a kind may be absent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

from bench_cases.page.figures.boxes import boxes
from bench_cases.page.figures.clicks import clicks
from bench_cases.page.figures.cost import cost
from bench_cases.page.figures.critical import critical
from bench_cases.page.figures.deltas import deltas
from bench_cases.page.figures.figure import Figure
from bench_cases.page.figures.grid import grid
from bench_cases.page.figures.latency import latency
from bench_cases.page.figures.loading import loading
from bench_cases.page.figures.outliers import outliers
from bench_cases.page.figures.position import position
from bench_cases.page.figures.ranking import ranking
from bench_cases.page.figures.significance import significance
from bench_cases.page.figures.stages import stages
from bench_cases.page.study import Study


class Kind(NamedTuple):
    """One kind of figure: its heading, what draws it, and what a run must hold for it."""

    heading: str
    figures: Callable[[Study], Iterable[Figure]]
    needs: str


KINDS: Final[Mapping[str, Kind]] = {
    "boxes": Kind("Scores", boxes, "a case with scores"),
    "deltas": Kind("Differences", deltas, "two models in the run, or a baseline"),
    "outliers": Kind("Outliers", outliers, "two models in the run, or a baseline, and a pair beyond the whiskers"),
    "position": Kind("Along the structure", position, "volumes with more than one slice of target"),
    "cost": Kind("Score against prompts", cost, "two models or strategies"),
    "latency": Kind("Score against time", latency, "two models or strategies"),
    "clicks": Kind("Clicks", clicks, "a strategy with clicks, for instance every.point+clicks=3"),
    "grid": Kind("Grid of strategies", grid, "strategies with two seeds and two prompts, for instance grid-24"),
    "ranking": Kind("Ranking", ranking, "three models or strategies on two volumes"),
    "critical": Kind("Critical difference", critical, "three to thirty models or strategies on two volumes"),
    "significance": Kind("Significance", significance, "three to sixteen models or strategies on two volumes"),
    "stages": Kind("Time by stage", stages, "a case with scores"),
    "loading": Kind("Loading", loading, "the latency cases: pytest benchmark without -k test_volume"),
}


def figures(study: Study) -> dict[str, list[Figure]]:
    """Return the figures of every kind; a kind may have none."""
    return {name: list(kind.figures(study)) for name, kind in KINDS.items()}
