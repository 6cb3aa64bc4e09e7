"""Dealing tests to workers of pytest-xdist: groups are kept whole, checkpoints loaded seldom, lost work done again.

A worker runs a test only when it knows the next one, or that there is none: each must have two in hand, or be told that
it is over. Tests about whole datasets need the results of all others, hence one worker keeps the first of them as its
next test, without starting it, until everyone else is done.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from bench_cases.scale.dealer import Dealer
from bench_cases.scale.groups import Group, GroupKey

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

IN_HAND: Final = 2
"""Tests a worker must have to go on running."""

TRIES: Final = 2
"""Workers that a test may cost: the first may have been the machine's fault, the second was the test's."""


class Placed(NamedTuple):
    """Where a test belongs: its group, what that costs, and whether it needs the results of all others."""

    group: GroupKey
    cost: int
    last: bool


class GroupScheduling:
    """Meets xdist's ``Scheduling`` protocol.

    Parameters
    ----------
    workers
        How many begin.
    place
        Ids of all tests, in order, to where each belongs.
    refuse
        Told when a worker has collected other tests than the rest, with the two workers' names.
    note
        Told what the reader of the report should know.

    Attributes
    ----------
    left
        Ids of tests that nobody has run.
    """

    def __init__(
        self,
        workers: int,
        *,
        place: Callable[[Sequence[str]], Sequence[Placed]],
        refuse: Callable[[str, str], None],
        note: Callable[[str], None],
    ) -> None:
        self._workers = workers
        self._place, self._refuse, self._note = place, refuse, note
        self._collections: dict[WorkerController, list[str]] = {}
        self._in_hand: dict[WorkerController, list[int]] = {}
        self._ids: list[str] | None = None
        self._costs: dict[GroupKey, int] = {}
        self._tests: dict[GroupKey, list[int]] = {}
        self._placed: Sequence[Placed] = ()
        self._last: list[int] = []
        self._closer: WorkerController | None = None
        self._dealer = Dealer(())
        self._deaths: Counter[int] = Counter()

    # ------------------------------------------------------------ what xdist asks

    @property
    def nodes(self) -> list[WorkerController]:
        """Workers that are alive."""
        return list(self._in_hand)

    @property
    def collection_is_completed(self) -> bool:
        """Whether all workers that began have said which tests there are."""
        return len(self._collections) >= self._workers

    @property
    def has_pending(self) -> bool:
        """Whether a test has not been run to its end."""
        return not self._dealer.empty or bool(self._last) or any(self._in_hand.values())

    @property
    def tests_finished(self) -> bool:
        """Whether xdist may send everyone home."""
        return self.collection_is_completed and not self.has_pending

    @property
    def left(self) -> list[str]:
        """Ids of tests that nobody has run."""
        waiting = [number for group in self._dealer.left for number in self._tests[group.key]]
        held = [number for numbers in self._in_hand.values() for number in numbers]
        return [(self._ids or [])[number] for number in sorted({*waiting, *held, *self._last})]

    def add_node(self, node: WorkerController) -> None:
        """Take in a worker."""
        self._in_hand[node] = []

    def add_node_collection(self, node: WorkerController, collection: Sequence[str]) -> None:
        """Take note of the tests that a worker has collected."""
        if self._ids is not None and list(collection) != self._ids:
            self._refuse(node.gateway.id, "the others")
            node.shutdown()
            return
        self._collections[node] = list(collection)

    def schedule(self) -> None:
        """Hand out tests: at first when all have collected, later when a worker was replaced."""
        if self._ids is None:
            first, *others = self._collections
            for other in others:
                if self._collections[other] != self._collections[first]:
                    self._refuse(other.gateway.id, first.gateway.id)
                    return
            self._begin(self._collections[first])
        self._feed_all()

    def mark_test_complete(self, node: WorkerController, item_index: int, duration: float = 0) -> None:
        """A worker has run a test to its end."""
        del duration
        self._in_hand[node].remove(item_index)
        self._feed_all()

    def mark_test_pending(self, item: str) -> None:
        """Put back a test that has cost too many workers.

        Asked for by plugins that run such tests again, in ``pytest_handlecrashitem``; the worker that takes the place
        of the lost one, or any that is not at its end, is given it. It may then run after those about whole datasets.
        """
        self._take_back([(self._ids or []).index(item)])
        self._feed_all()

    def remove_pending_tests_from_node(self, node: WorkerController, indices: Sequence[int]) -> None:
        """Refuse: a worker gives tests back only when it is told to (``send_steal``), and here none is.

        A group that is begun belongs to one worker, which holds its frames. xdist's own ``LoadScheduling`` refuses too.

        Raises
        ------
        NotImplementedError
            Always.
        """
        msg = f"worker {node.gateway.id} gave back the tests {list(indices)}; expected none, since none are stolen."
        raise NotImplementedError(msg)

    def remove_node(self, node: WorkerController) -> str | None:
        """A worker is gone; return the test that has cost too many workers, if it died of one.

        What it had in hand is done again by others, the test that it was running too.
        """
        held = self._in_hand.pop(node)
        self._dealer.forget(node.gateway.id)
        if node is self._closer:
            self._closer = None
        if not held or self._ids is None:
            return None
        running = self._ids[held[0]]
        self._deaths[held[0]] += 1
        lost = self._deaths[held[0]] >= TRIES
        self._take_back(held[1:] if lost else held)
        if not lost:
            self._note(f"worker {node.gateway.id} was lost while it ran {running}; what it had in hand was run again.")
        self._feed_all()
        return running if lost else None

    # ------------------------------------------------------------ who gets what

    def _begin(self, ids: list[str]) -> None:
        self._ids = ids
        self._placed = self._place(ids)
        for number, placed in enumerate(self._placed):
            if placed.last:
                self._last.append(number)
            else:
                self._tests.setdefault(placed.group, []).append(number)
                self._costs[placed.group] = placed.cost
        groups = [Group(key=key, cases=(), cost=cost) for key, cost in self._costs.items()]
        # The longest first, so that no worker is left alone with one at the end.
        self._dealer = Dealer(sorted(groups, key=lambda group: -group.cost))

    def _take_back(self, numbers: Sequence[int]) -> None:
        waiting = {group.key for group in self._dealer.left}
        ordinary = [number for number in numbers if not self._placed[number].last]
        for key in reversed(dict.fromkeys(self._placed[number].group for number in ordinary)):
            back = [number for number in ordinary if self._placed[number].group == key]
            if key in waiting:
                self._tests[key] = sorted([*back, *self._tests[key]])
                continue
            self._tests[key] = back
            self._dealer.give_back(Group(key=key, cases=(), cost=self._costs[key]))
        self._last = sorted([*self._last, *(number for number in numbers if self._placed[number].last)])

    def _feed_all(self) -> None:
        for node in list(self._in_hand):
            if node in self._collections and not node.shutting_down:
                self._feed(node)

    def _feed(self, node: WorkerController) -> None:
        held = self._in_hand[node]
        while len(held) < IN_HAND and node is not self._closer:
            group = self._dealer.deal(node.gateway.id)
            if group is None:
                break
            self._send(node, self._tests[group.key])
        if len(held) >= IN_HAND or not self._dealer.empty:
            return
        if self._closer is None and self._last:
            self._closer = node
        if node is self._closer:
            self._close(node)
        else:
            node.shutdown()

    def _close(self, node: WorkerController) -> None:
        """Let the last worker finish its own tests, then run those about whole datasets when all others are done."""
        held = self._in_hand[node]
        others_done = not any(numbers for other, numbers in self._in_hand.items() if other is not node)
        own_done = all(self._placed[number].last for number in held)
        if others_done and own_done:
            self._send(node, self._last)
            self._last = []
            node.shutdown()
        elif held and not own_done:
            self._send(node, [self._last.pop(0)])

    def _send(self, node: WorkerController, numbers: Sequence[int]) -> None:
        if not numbers:
            return
        self._in_hand[node].extend(numbers)
        node.send_runtest_some(list(numbers))
