"""Which cases are computed together, and which volumes are needed after them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from bench_cases.cases import Case
from bench_cases.reading import Key

_Group = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The cases of a selection by dataset, volume and model, in order; made once, however many cases there are."""

    cases: dict[_Group, list[Case]]
    order: tuple[_Group, ...]
    place: dict[_Group, int]

    @classmethod
    def of(cls, selection: Sequence[Case]) -> Self:
        """Group cases."""
        cases: dict[_Group, list[Case]] = {}
        for case in selection:
            cases.setdefault(_group(case), []).append(case)
        return cls(cases=cases, order=tuple(cases), place={group: place for place, group in enumerate(cases)})

    def siblings(self, case: Case) -> list[Case]:
        """Return the cases of the same volume and model; the case alone where the selection does not have it."""
        return self.cases.get(_group(case)) or [case]

    def following(self, case: Case, most: int) -> list[list[Case]]:
        """Return the group of a case and those right after it of the same dataset and model, `most` in all at most."""
        groups = [self.siblings(case)]
        place = self.place.get(_group(case), len(self.order))
        for dataset, volume, model in self.order[place + 1 : place + most]:
            if (dataset, model) != (case.dataset, case.model):
                break
            groups.append(self.cases[dataset, volume, model])
        return groups

    def volumes_after(self, case: Case, most: int) -> list[Key]:
        """Return dataset and volume of the groups after that of a case, `most` at most.

        A volume that follows itself, under another model, is the same volume still.
        """
        found: list[Key] = []
        here: Key = case.dataset, case.volume
        place = self.place.get(_group(case), len(self.order)) + 1
        while len(found) < most and place < len(self.order):
            dataset, volume, _ = self.order[place]
            place += 1
            if (dataset, volume) != here:
                here = dataset, volume
                found.append(here)
        return found

    def volume_after(self, case: Case) -> Key | None:
        """Return dataset and volume of the first group after this one that is about another volume."""
        return next(iter(self.volumes_after(case, 1)), None)


def _group(case: Case) -> _Group:
    return case.dataset, case.volume, case.model
