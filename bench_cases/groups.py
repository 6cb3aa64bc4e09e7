"""Which cases one pass over a volume serves, and which volumes are needed after them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from bench_cases.cases import Case
from bench_cases.reading import Key


class GroupKey(NamedTuple):
    """What the cases of a group share."""

    dataset: str
    volume: str
    model: str


def key_of(case: Case) -> GroupKey:
    """Return the group that a case belongs to.

    >>> key_of(Case("radiopaedia", "4", "sam_vit_b", "every.box"))
    GroupKey(dataset='radiopaedia', volume='4', model='sam_vit_b')
    """
    return GroupKey(case.dataset, case.volume, case.model)


def grouped(cases: Iterable[Case]) -> dict[GroupKey, list[Case]]:
    """Return the cases of each group, groups and cases in the order in which they first appear.

    >>> cases = [Case("set", volume, "sam", strategy) for strategy in ("every.box", "every.point") for volume in "ab"]
    >>> [(key.volume, [case.strategy for case in found]) for key, found in grouped(cases).items()]
    [('a', ['every.box', 'every.point']), ('b', ['every.box', 'every.point'])]
    """
    found: dict[GroupKey, list[Case]] = {}
    for case in cases:
        found.setdefault(key_of(case), []).append(case)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """The groups of a selection, in order; made once, however many cases there are."""

    cases: dict[GroupKey, list[Case]]
    order: tuple[GroupKey, ...]
    place: dict[GroupKey, int]

    @classmethod
    def of(cls, selection: Sequence[Case]) -> Self:
        """Group cases."""
        cases = grouped(selection)
        return cls(cases=cases, order=tuple(cases), place={group: place for place, group in enumerate(cases)})

    def siblings(self, case: Case) -> list[Case]:
        """Return the cases of the same volume and model; the case alone where the selection does not have it."""
        return self.cases.get(key_of(case)) or [case]

    def following(self, case: Case, most: int) -> list[list[Case]]:
        """Return the group of a case and those right after it of the same dataset and model, `most` in all at most."""
        groups = [self.siblings(case)]
        place = self.place.get(key_of(case), len(self.order))
        for key in self.order[place + 1 : place + most]:
            if (key.dataset, key.model) != (case.dataset, case.model):
                break
            groups.append(self.cases[key])
        return groups

    def volumes_after(self, case: Case, most: int) -> list[Key]:
        """Return dataset and volume of the groups after that of a case, `most` at most.

        A volume that follows itself, under another model, is the same volume still.
        """
        found: list[Key] = []
        here: Key = case.dataset, case.volume
        place = self.place.get(key_of(case), len(self.order)) + 1
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
