"""What a group of cases costs: the unit of work past one process, with the key of `bench_cases.groups`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from bench_cases.cases import Case
from bench_cases.groups import GroupKey, grouped, key_of

__all__ = ["ENCODER", "Group", "GroupKey", "group_cases", "key_of"]

ENCODER: Final = 10
"""What the encoder costs a slice, counted in strategies: three strategies in one pass take 1.2 times as long as one
(``benchmark/test_sharing.py``), so that each further one costs about a tenth of the encoder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Cases that one pass over a volume serves; never split, or its frames would be encoded twice.

    Parameters
    ----------
    key
        Dataset, volume and model.
    cases
        In the order of the selection.
    cost
        Estimate of the time it takes, in no unit: only the proportion to other groups means something.
    """

    key: GroupKey
    cases: tuple[Case, ...]
    cost: int


def group_cases(
    cases: Iterable[Case], *, slices: Callable[[str, str], int], weight: Callable[[str], int] = lambda _: 1
) -> list[Group]:
    """Return the groups of a selection, models together, each in the order in which its first case appears.

    Parameters
    ----------
    slices
        Dataset (as selected, with its target) and volume id to the number of slices, or an estimate of it, at least 1.
    weight
        Model to what a slice costs it, in proportion to other models.

    Examples
    --------
    >>> cases = [Case("set", volume, "sam", strategy) for volume in "ab" for strategy in ("every.box", "every.point")]
    >>> for group in group_cases(cases, slices=lambda dataset, volume: {"a": 30, "b": 5}[volume]):
    ...     print(group.key.volume, len(group.cases), group.cost)
    a 2 360
    b 2 60
    """
    members = grouped(dict.fromkeys(cases))
    place = {model: number for number, model in enumerate(dict.fromkeys(key.model for key in members))}
    return [
        Group(
            key=key,
            cases=tuple(found),
            cost=max(1, slices(key.dataset, key.volume)) * max(1, weight(key.model)) * (ENCODER + len(found)),
        )
        for key, found in sorted(members.items(), key=lambda entry: place[entry[0].model])
    ]
