"""Which worker gets which group, and what becomes of a group whose worker is lost.

The driver asks for groups in one order, and writes down what it is told. Groups are therefore handed out in that order
and no further ahead than a window: what is computed ahead is in no journal yet. Within the window a worker goes on with
the checkpoint that it holds. (`bench_cases.scale.dealer` spreads checkpoints over workers instead, for runs in which
every worker writes down its own.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bench_cases.errors import ScaleError
from bench_cases.scale.cluster import Cluster, Event, Finished, Lost, Started
from bench_cases.scale.code import code_differences
from bench_cases.scale.work import Reply, Work

AHEAD: Final = 4
"""Groups for each worker that are handed out ahead of the driver: enough that none is idle while one group takes long,
few enough that a driver which is killed loses little."""

PATIENCE_S: Final = 300.0
"""Seconds without any worker, none having come or gone, after which no more is waited for."""

TURN_S: Final = 0.5
"""Longest wait for an event, so that progress is shown and Ctrl-C is heard."""


LOOK: Final = "Look at memory and logs of the node; --sam-resume runs what is missing."
ALIKE: Final = "Look at `ray status`, and install the same versions on every node."


@dataclass(slots=True, kw_only=True)
class Tally:
    """What has happened so far."""

    groups: int = 0
    slices: int = 0
    lost: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    failed: int = 0


@dataclass(slots=True, kw_only=True)
class Dispatcher:
    """Hands groups to workers and keeps what they reply until the driver has asked for it.

    Parameters
    ----------
    plan
        All groups, in the order in which the driver will ask for them.
    workers
        How many workers are wanted; each one lost is replaced while there is work.
    retries
        How often a group whose worker was lost is handed to another.
    code
        The driver's own code; a worker with any other is let go.
    now
        Source of time in seconds.
    """

    cluster: Cluster
    plan: Sequence[Work]
    workers: int
    retries: int
    code: Mapping[str, str]
    now: Callable[[], float] = time.monotonic
    tally: Tally = field(default_factory=Tally)
    _place: dict[Work, int] = field(init=False)
    _waiting: dict[Work, None] = field(init=False)
    _done: dict[Work, Reply | ScaleError] = field(default_factory=dict)
    _losses: dict[Work, int] = field(default_factory=dict)
    _starting: set[str] = field(default_factory=set)
    _idle: dict[str, str | None] = field(default_factory=dict)
    _busy: dict[str, Work] = field(default_factory=dict)
    _asked: int = 0
    _stillborn: int = 0
    _began: float | None = None
    _stirred: float = 0.0

    def __post_init__(self) -> None:
        self._place = {work: number for number, work in enumerate(self.plan)}
        self._waiting = dict.fromkeys(self.plan)

    def start(self) -> None:
        """Hire the workers; they come up while the driver goes on."""
        self._stirred = self.now()
        for _ in range(min(self.workers, len(self._waiting))):
            self._hire()

    def take(self, work: Work, waiting: Callable[[], None] = lambda: None) -> Reply:
        """Return what a worker replied about a group, once it has; groups before it need not be kept any longer.

        Parameters
        ----------
        work
            A group of the plan; or any other, which is then handed out next.
        waiting
            Called at each turn of waiting.

        Raises
        ------
        ScaleError
            When its workers were lost too often, or there is no worker.
        """
        self._ask_for(work)
        self._turn(0)
        while work not in self._done:
            self._turn(TURN_S)
            waiting()
        reply = self._done[work]
        if isinstance(reply, ScaleError):
            raise reply
        return reply

    @property
    def slices_per_s(self) -> float | None:
        """Slices segmented in a second since the first group was handed out, each strategy counting."""
        elapsed_s = 0.0 if self._began is None else self.now() - self._began
        return self.tally.slices / elapsed_s if elapsed_s > 0 and self.tally.slices else None

    def progress(self) -> str:
        """Say in one line how far it is."""
        at_work = len(self._idle) + len(self._busy)
        rate = self.slices_per_s
        return (
            f"{self.tally.groups}/{len(self._place)} groups"
            + (f", {rate:.1f} slices/s" if rate is not None else "")
            + f", {at_work} workers"
            + (f" ({len(self._starting)} starting)" if self._starting else "")
            + (f", {len(self.tally.lost)} lost" if self.tally.lost else "")
        )

    def _ask_for(self, work: Work) -> None:
        """Note that the driver has come to a group, and put it in front if nobody is at it."""
        place = self._asked = self._place.setdefault(work, self._asked)
        for past in [past for past in self._done if past != work and self._place[past] <= place]:
            del self._done[past]
        if work not in self._done and work not in self._busy.values() and work not in self._waiting:
            self._waiting = {work: None, **self._waiting}
            if not (self._starting or self._idle or self._busy):
                self._hire()

    def _hire(self) -> None:
        self._starting.add(self.cluster.hire())

    def _turn(self, timeout_s: float) -> None:
        """Hand out what can be, and take in what has happened."""
        self._hand_out()
        for event in self.cluster.events(timeout_s):
            self._stirred = self.now()
            self._hear(event)
        self._hand_out()
        if not self._idle and not self._busy:
            self._give_up_without_workers()

    def _hand_out(self) -> None:
        for worker in list(self._idle):
            work = self._next_for(self._idle[worker])
            if work is None:
                return
            del self._waiting[work], self._idle[worker]
            self._busy[worker] = work
            self._began = self.now() if self._began is None else self._began
            self.cluster.give(worker, work)

    def _next_for(self, held: str | None) -> Work | None:
        """Return the group for a worker that holds a checkpoint: one lost before, else in the window one that fits."""
        first = next(iter(self._waiting), None)
        if first is None or self._losses.get(first):
            return first
        window = self._asked + AHEAD * self.workers
        near = [work for work in self._waiting if self._place[work] <= window]
        return next((work for work in near if work.key.model == held), near[0] if near else None)

    def _hear(self, event: Event) -> None:
        if isinstance(event, Started):
            self._starting.discard(event.worker)
            self._stillborn = 0
            differs = code_differences(event.code, self.code)
            if differs:
                self.tally.refused.append(differs)
                self.cluster.dismiss(event.worker)
            else:
                self._idle[event.worker] = None
        elif isinstance(event, Finished):
            work = self._busy.pop(event.worker)
            self._idle[event.worker] = work.key.model
            self._done[work] = event.reply
            self.tally.groups += 1
            self.tally.slices += event.reply.slices
        else:
            self._lose(event)

    def _lose(self, event: Lost) -> None:
        """Hand the group of a lost worker to another, and have the worker replaced."""
        self.tally.lost.append(event.reason)
        if event.worker in self._starting:
            self._starting.discard(event.worker)
            self._stillborn += 1
        self._idle.pop(event.worker, None)
        work = self._busy.pop(event.worker, None)
        if work is not None:
            losses = self._losses[work] = self._losses.get(work, 0) + 1
            if losses > self.retries:
                who = "its worker was" if losses == 1 else f"{losses} workers were"
                self._fail(work, f"{who} lost over {_where(work)}: {event.reason}; expected one that lives. {LOOK}")
            else:
                self._waiting = {work: None, **self._waiting}
        if self._waiting and self._stillborn <= self.retries:
            self._hire()

    def _give_up_without_workers(self) -> None:
        """Say of all that is left that there is nobody to do it, when no worker is to be expected any more."""
        if self._starting and self.now() - self._stirred < PATIENCE_S:
            return
        if self._starting:
            why = f"none of {len(self._starting)} came up in {PATIENCE_S:.0f} s, for want of room or of the package"
        elif self.tally.refused:
            why = f"a worker runs other code than the driver: {self.tally.refused[-1]}"
        else:
            why = self.tally.lost[-1] if self.tally.lost else "none was hired"
        for work in self._waiting:
            self._fail(work, f"no worker is left for {_where(work)}: {why}; expected at least one. {ALIKE}")
        self._waiting = {}

    def _fail(self, work: Work, message: str) -> None:
        self._done[work] = ScaleError(message)
        self.tally.failed += 1


def _where(work: Work) -> str:
    return f"{work.key.dataset}/{work.key.volume} with {work.key.model}"
