"""Which cases one pass over a volume serves, and which volume is needed after them."""

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
    next_volume: dict[GroupKey, Key]

    @classmethod
    def of(cls, selection: Sequence[Case]) -> Self:
        """Group cases, and note for each group the first volume after it that is another one."""
        cases = grouped(selection)
        next_volume: dict[GroupKey, Key] = {}
        here: Key | None = None
        later: Key | None = None
        for key in reversed(cases):
            if here != key[:2]:
                here, later = key[:2], here
            if later is not None:
                next_volume[key] = later
        return cls(cases=cases, next_volume=next_volume)

    def siblings(self, case: Case) -> list[Case]:
        """Return the cases of the same volume and model; the case alone where the selection does not have it."""
        return self.cases.get(key_of(case)) or [case]

    def volume_after(self, case: Case) -> Key | None:
        """Return dataset and volume of the first group after this one that is about another volume."""
        return self.next_volume.get(key_of(case))
