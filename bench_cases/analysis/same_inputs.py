"""Same inputs: results are compared where they come from the same data and prompts, strategy by strategy."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from typing import Any, NamedTuple

from bench_cases.analysis.observations import Group
from bench_cases.cases import CaseResult


class Clash(NamedTuple):
    """A thing that two results must have in common and have not.

    Parameters
    ----------
    dataset, strategy
        Where; strategy None is every strategy of the dataset.
    of
        What it is a thing of: a volume, or a volume under a strategy.
    line
        What differs, with both values.
    """

    dataset: str
    strategy: str | None
    of: str
    line: str

    def concerns(self, group: Group) -> bool:
        """Whether a dataset and strategy are compared by what clashes here."""
        return self.dataset == group[0] and self.strategy in {None, group[1]}


def clashes(results: Iterable[CaseResult]) -> list[Clash]:
    """Return the first clash of each volume, and of each volume under a strategy, in the order of the results."""
    seen: dict[tuple[str, ...], Any] = {}
    found: dict[tuple[str, str | None], Clash] = {}
    for result in results:
        case = result.case
        volume = f"{case.dataset}/{case.volume}"
        under = f"{volume} under {case.strategy}"
        facts: list[tuple[str, str, str | None, Any]] = [
            ("data", volume, None, result.digests.get("data")),
            ("prompts", under, case.strategy, result.digests.get("prompts")),
            ("seeds", under, case.strategy, _seed(result)),
            ("target", volume, None, result.target or None),
            ("window", volume, None, result.details.get("window")),
            ("tolerance of the NSD", volume, None, None if result.surface is None else result.surface.tolerance_mm),
            # Under a strategy: a slice prompted with its own mask is left out of that strategy's scores alone.
            ("number of slices", volume, case.strategy, None if result.scores is None else result.scores.slices),
        ]
        for what, of, strategy, value in facts:
            if value is None:
                continue
            before = seen.setdefault((what, of, strategy or ""), value)
            if before != value:
                line = f"the {what} of {of} differ ({_short(before)} and {_short(value)})"
                found.setdefault((of, strategy), Clash(case.dataset, strategy, of, line))
    return list(found.values())


def without(results: Iterable[CaseResult], groups: Container[Group]) -> list[CaseResult]:
    """Return the results that are of none of the groups."""
    return [result for result in results if (result.case.dataset, result.case.strategy) not in groups]


def groups_of(results: Iterable[CaseResult]) -> set[Group]:
    """Return the datasets and strategies that results are of."""
    return {(result.case.dataset, result.case.strategy) for result in results}


def _short(value: Any) -> str:
    text = str(value)
    return text[:12] if len(text) > 40 else text  # a digest is known by its start


def _seed(result: CaseResult) -> str | None:
    """Return the digest of a foreign frame and its prompt; None without one, and in reports older than the digest."""
    seed: Mapping[str, Any] = result.details.get("seed") or {}
    return seed.get("sha256")
