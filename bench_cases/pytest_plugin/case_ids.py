"""What stands in the brackets of a test's id, and from there back to the case."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import combinations
from typing import Final

from bench_cases.cases import Case
from bench_cases.contracts import Dataset

WHOLE: Final = "*"
"""Stands for the volume, or the strategy, in tests that are about a dataset and a model as such."""


def case_id(case: Case) -> str:
    """Return what stands in the brackets: the case's key without the axes that the test does not ask for."""
    volume = "" if case.volume == WHOLE else f"/{case.volume}"
    strategy = "" if case.strategy == WHOLE else f"-{case.strategy}"
    return f"{case.dataset}{volume}-{case.model}{strategy}"


class CaseIds:
    """Reads ids of tests in a process that has not collected them.

    Names may hold the ``-`` that stands between them, so that only names that are known are looked for; of several
    readings the one with the longest names is taken.

    Parameters
    ----------
    datasets, models
        What there is; volume ids are listed once a dataset.
    """

    def __init__(self, datasets: Mapping[str, Dataset], models: Collection[str]) -> None:
        self._datasets = datasets
        self._models = models
        self._volumes: dict[str, dict[str, str]] = {}

    def case(self, nodeid: str) -> Case | None:
        """Return the case that an id speaks of; None where it speaks of none."""
        text = nodeid.partition("[")[2].removesuffix("]")
        found = self._of_volumes(text) if "/" in text else self._of_datasets(text)
        return max(found, key=lambda case: tuple(map(len, case[:3])), default=None)

    def _of_volumes(self, text: str) -> Iterator[Case]:
        dataset, _, rest = text.partition("/")
        volumes = self._ids(dataset.partition(":")[0])
        for a, b in combinations(_dashes(rest), 2):
            volume, model = rest[:a], rest[a + 1 : b]
            if volume in volumes and model in self._models:
                yield Case(dataset, volumes[volume], model, rest[b + 1 :])

    def _of_datasets(self, text: str) -> Iterator[Case]:
        for a, b in combinations([*_dashes(text), len(text)], 2):
            dataset, model = text[:a], text[a + 1 : b]
            if dataset.partition(":")[0] in self._datasets and model in self._models:
                yield Case(dataset, WHOLE, model, text[b + 1 :] or WHOLE)

    def _ids(self, dataset: str) -> dict[str, str]:
        """Map the ids of a dataset's volumes, as pytest writes them, to the ids."""
        if dataset not in self._volumes:
            known = self._datasets[dataset].volume_ids() if dataset in self._datasets else ()
            self._volumes[dataset] = {each.encode("unicode_escape").decode("ascii"): each for each in known}
        return self._volumes[dataset]


def _dashes(text: str) -> list[int]:
    return [place for place, mark in enumerate(text) if mark == "-"]
