"""The noun `Study`: one run, perhaps its baseline, and what figures and tables ask of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from bench_cases.analysis.compare import Comparison, between, within
from bench_cases.analysis.leaderboards import Leaderboard, RankBy, leaderboards
from bench_cases.analysis.observations import Observed
from bench_cases.cases import CaseResult, is_baseline, is_upper_bound
from bench_cases.errors import ReportError
from bench_cases.page.published import Published
from bench_cases.report.read import Report

LEAST_RANKED = 3
"""Fewer algorithms than this are compared, not ranked."""


def marked(name: str) -> str:
    """Return the name of a strategy, or of what it is part of; one that no user can follow says so.

    >>> marked("every.box.oracle"), marked("every.box")
    ('every.box.oracle UPPER BOUND', 'every.box')
    """
    return f"{name} UPPER BOUND" if is_upper_bound(name) else name


def bound(name: str) -> str:
    """Return what stands before an upper bound in a figure, where the middle of a long label may be cut.

    >>> bound("every.box.oracle"), bound("every.box")
    ('UPPER BOUND ', '')
    """
    return "UPPER BOUND " if is_upper_bound(name) else ""


class Group(NamedTuple):
    """What one line of a figure is about."""

    dataset: str
    model: str
    strategy: str

    @property
    def label(self) -> str:
        """Strategy and model, as rows are labelled."""
        return f"{bound(self.strategy)}{self.strategy} · {self.model}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What a page shows.

    Parameters
    ----------
    base
        The baseline; it is A of the comparison and the run is B.
    comparison, not_compared
        Of the two runs, or of the run's models among each other; or why there is none.
    groups
        Dataset, model and strategy to the cases with scores, in the order of their first case.
    phantoms
        Names of the synthetic datasets.
    published
        Figures of a study, to be drawn beside the run's.
    """

    run: Report
    base: Report | None
    comparison: Comparison | None
    not_compared: str
    groups: dict[Group, list[CaseResult]]
    phantoms: frozenset[str]
    published: tuple[Published, ...] = ()

    @classmethod
    def of(
        cls,
        run: Report,
        base: Report | None = None,
        published: Sequence[Published] = (),
        models: Mapping[str, str] = MappingProxyType({}),
    ) -> Study:
        """Arrange what was read.

        Parameters
        ----------
        models
            Model of the run to the model of the baseline that it is judged by, and compared with.
        """
        comparison, reason = _compared(run, base, models)
        groups: dict[Group, list[CaseResult]] = {}
        for result in run.results:
            if result.scores is not None and result.status != "error":
                groups.setdefault(Group(result.case.dataset, result.case.model, result.case.strategy), []).append(
                    result
                )
        return cls(
            run=run,
            base=base,
            comparison=comparison,
            not_compared=reason,
            groups=groups,
            phantoms=frozenset(result.case.dataset for result in run.results if result.phantom),
            published=tuple(published),
        )

    @property
    def datasets(self) -> list[str]:
        """Datasets with scores."""
        return list(dict.fromkeys(group.dataset for group in self.groups))

    @property
    def models(self) -> list[str]:
        """Models with scores."""
        return list(dict.fromkeys(group.model for group in self.groups))

    def of_dataset(self, dataset: str) -> dict[Group, list[CaseResult]]:
        """Return the groups of one dataset."""
        return {group: results for group, results in self.groups.items() if group.dataset == dataset}

    def named(self, dataset: str) -> str:
        """Return a dataset's name; a synthetic one says so."""
        return f"{dataset} PHANTOM" if dataset in self.phantoms else dataset

    def boards(self, metric: str) -> list[Leaderboard]:
        """Return what can be ranked: models under a strategy if three or more compete, else strategies, else both."""
        observed = {
            model: Observed([result for result in self.run.results if result.case.model == model])
            for model in dict.fromkeys(result.case.model for result in self.run.results)
        }
        orders: tuple[RankBy, ...] = ("model", "strategy", "both")
        for by in orders:
            found = [
                board
                for board in leaderboards(observed, metric, by)
                if len(board.algorithms) >= LEAST_RANKED and len(board.volumes) > 1
            ]
            if found:
                return found
        return []


def _compared(run: Report, base: Report | None, models: Mapping[str, str]) -> tuple[Comparison | None, str]:
    try:
        if base is None:
            return within(run), ""
        return between(base, run, pairs=_pairs(run, base, models), typed=_in_config), ""
    except ReportError as problem:
        return None, str(problem)


def _pairs(run: Report, base: Report, models: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the pairs of ``[models]``, and of the models that both have besides; none where nothing is named."""
    if not models:
        return []
    named = {*models, *models.values()}
    ours, theirs = (dict.fromkeys(result.case.model for result in it.results) for it in (run, base))
    besides = [name for name in ours if name in theirs and name not in named and not is_baseline(name)]
    # A model of one run that is its own baseline is not compared with itself.
    alone = [] if run.run_id == base.run_id else [(name, name) for name in besides]
    return [*((old, new) for new, old in models.items()), *alone]


def _in_config(a: str, b: str) -> str:
    """Return what names a pair on a page: the file that the gate reads too."""
    return f'--config gate.toml with [models] "{b}" = "{a}"'
