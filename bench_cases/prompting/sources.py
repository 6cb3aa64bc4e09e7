"""Which published study ran which strategies, so that a table can say where a cell comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bench_cases.prompting.grids import expand
from bench_cases.prompting.rule_book import RuleBook
from bench_cases.prompting.strategy import Strategy


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A study and what it ran.

    Parameters
    ----------
    key
        Short name, for tables.
    title
        Author, year, place.
    strategies
        Names, grids and patterns.
    """

    key: str
    title: str
    strategies: tuple[str, ...]


SOURCES: Final = (
    Source(
        key="G25",
        title="Gutiérrez et al., Algorithms 2025, 18, 227",
        strategies=(
            "every.composite",
            "every.composite-framecentre",
            "middle.composite.both",
            "dataset.composite.both",
            "dataset=coordinates.composite.both",
        ),
    ),
    Source(
        key="S24",
        title="Sengupta et al., arXiv 2408.04212",
        strategies=("every.centroid", "every.centroid+[0-9]*", "every.centroid+2neg"),
    ),
    Source(
        key="D24",
        title="Dong et al., arXiv 2408.00756, later IEEE TBME 2026",
        strategies=("every.point", "every.points", "every.box", "every.boxes", "every.box-all", "grid-24", "grid-80"),
    ),
)
"""What is here and not in `SOURCES` is this project's own, or field practice. Chakrabarty & Soni (MIDL 2026) gave the
measures of failed propagation, which every case of video mode reports, and no strategy of their own."""


def studies_by_strategy(rules: RuleBook) -> Mapping[Strategy, list[str]]:
    """Return the keys of the studies that ran each strategy which any of them ran."""
    found: dict[Strategy, list[str]] = {}
    for source in SOURCES:
        for strategy in expand(source.strategies, rules):
            found.setdefault(strategy, []).append(source.key)
    return found
