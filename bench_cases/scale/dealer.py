"""Dealing groups to workers, so that each loads a checkpoint once as far as that can be had."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bench_cases.scale.groups import Group


@dataclass(slots=True)
class Dealer:
    """Groups that are still to be done; asked by a worker whenever it is free.

    A worker goes on with the model that it holds. When nothing is left of that, it takes up the model with most work
    left for each worker that holds it: models nobody has loaded first, then a share of the longest queue, since an idle
    worker costs more than a second load.

    Parameters
    ----------
    groups
        All groups, in the order in which they are to be done within a model.

    Examples
    --------
    >>> from bench_cases.cases import Case
    >>> from bench_cases.scale.groups import group_cases
    >>> cases = [Case("set", volume, model, "every.box") for model in ("sam", "sam2") for volume in "ab"]
    >>> dealer = Dealer(group_cases(cases, slices=lambda *_: 1))
    >>> [dealer.deal(worker).key[1:] for worker in ("one", "two", "one", "two")]
    [('a', 'sam'), ('a', 'sam2'), ('b', 'sam'), ('b', 'sam2')]
    """

    groups: Iterable[Group]
    holds: dict[str, str] = field(default_factory=dict)
    _left: dict[str, list[Group]] = field(init=False)

    def __post_init__(self) -> None:
        self._left = {}
        for group in self.groups:
            self._left.setdefault(group.key.model, []).append(group)

    @property
    def empty(self) -> bool:
        """Whether nothing is left to deal."""
        return not any(self._left.values())

    @property
    def left(self) -> list[Group]:
        """What is left to deal."""
        return [group for groups in self._left.values() for group in groups]

    def deal(self, worker: str) -> Group | None:
        """Return the next group for a worker, and take it to hold that group's model; None when nothing is left."""
        held = self.holds.get(worker)
        if held is None or not self._left.get(held):
            waiting = [model for model, groups in self._left.items() if groups]
            if not waiting:
                return None
            self.holds.pop(worker, None)
            held = max(waiting, key=self._work_for_each)  # of equals the first
            self.holds[worker] = held
        return self._left[held].pop(0)

    def give_back(self, group: Group) -> None:
        """Put a group in front again, whole or what is left of it: its worker was lost."""
        self._left.setdefault(group.key.model, []).insert(0, group)

    def forget(self, worker: str) -> None:
        """A worker is gone, and what it had loaded with it."""
        self.holds.pop(worker, None)

    def _work_for_each(self, model: str) -> tuple[bool, float]:
        holders = sum(held == model for held in self.holds.values())
        return holders == 0, sum(group.cost for group in self._left[model]) / (holders + 1)
