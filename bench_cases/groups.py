"""Which cases are computed together, and which volume is needed after them."""

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
    next_volume: dict[_Group, Key]

    @classmethod
    def of(cls, selection: Sequence[Case]) -> Self:
        """Group cases, and note for each group the first volume after it that is another one."""
        cases: dict[_Group, list[Case]] = {}
        for case in selection:
            cases.setdefault(_group(case), []).append(case)
        next_volume: dict[_Group, Key] = {}
        here: Key | None = None
        later: Key | None = None
        for dataset, volume, model in reversed(cases):
            if here != (dataset, volume):
                here, later = (dataset, volume), here
            if later is not None:
                next_volume[dataset, volume, model] = later
        return cls(cases=cases, next_volume=next_volume)

    def siblings(self, case: Case) -> list[Case]:
        """Return the cases of the same volume and model; the case alone where the selection does not have it."""
        return self.cases.get(_group(case)) or [case]

    def volume_after(self, case: Case) -> Key | None:
        """Return dataset and volume of the first group after this one that is about another volume."""
        return self.next_volume.get(_group(case))


def _group(case: Case) -> _Group:
    return case.dataset, case.volume, case.model
