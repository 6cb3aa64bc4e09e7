"""A cluster of workers that live in this process and die on command; no Ray, no processes, no waiting."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench_cases.cases import Case, CaseResult
from bench_cases.scale.cluster import Event, Finished, Lost, Started
from bench_cases.scale.groups import GroupKey
from bench_cases.scale.work import Reply, Work

CODE = {"sambench": "1"}


def echo(work: Work) -> Reply:
    """Reply with results that hold nothing but their case."""
    return Reply(answers={case: CaseResult(case=case, status="passed") for case in work.group.cases})


@dataclass(slots=True)
class FakeCluster:
    """One thing happens a turn: the worker longest at it starts, finishes, or dies if `deaths` says so.

    `deaths` counts how often a worker dies over a group; `stillborn` how many die before they start; `silent` starts
    none at all. `given` holds worker and group in the order in which they were handed out.
    """

    compute: Callable[[Work], Reply] = echo
    deaths: dict[GroupKey, int] = field(default_factory=dict)
    stillborn: int = 0
    silent: bool = False
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    interrupt_at: int | None = None
    asked: tuple[str | None, int | None, float | None] | None = None
    given: list[tuple[str, GroupKey]] = field(default_factory=list)
    dismissed: list[str] = field(default_factory=list)
    hired: int = 0
    closed: int = 0
    turns: int = 0
    _agenda: list[tuple[str, Work | None]] = field(default_factory=list)

    def hire(self) -> str:
        self.hired += 1
        self._agenda.append((f"w{self.hired}", None))
        return f"w{self.hired}"

    def give(self, worker: str, work: Work) -> None:
        assert worker not in [name for name, _ in self._agenda], f"{worker} is at something else"
        self.given.append((worker, work.key))
        self._agenda.append((worker, work))

    def events(self, timeout_s: float) -> Sequence[Event]:
        self.turns += timeout_s > 0
        if self.turns == self.interrupt_at:
            raise KeyboardInterrupt
        if timeout_s == 0 or not self._agenda or self.silent:
            return []
        worker, work = self._agenda.pop(0)
        if work is None:
            if self.stillborn:
                self.stillborn -= 1
                return [Lost(worker, "it did not start")]
            return [Started(worker, self.codes.get(worker, CODE))]
        if self.deaths.get(work.key, 0):
            self.deaths[work.key] -= 1
            return [Lost(worker, "its process ended")]
        return [Finished(worker, self.compute(work))]

    def dismiss(self, worker: str) -> None:
        self.dismissed.append(worker)

    def close(self) -> None:
        self.closed += 1


def cases_of(volumes: str = "abcd", models: Sequence[str] = ("one",), strategies: Sequence[str] = ("x", "y")) -> list:
    return [Case("set", volume, model, name) for model in models for volume in volumes for name in strategies]
