"""The seam to whatever runs workers: Ray (`bench_cases.scale.ray_cluster`), or a fake in the tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from bench_cases.scale.work import Reply, Work


class Started(NamedTuple):
    """A worker is there, and says what code it runs (`bench_cases.scale.code.code_identity`)."""

    worker: str
    code: Mapping[str, str]


class Finished(NamedTuple):
    """A worker has done its group, and is free."""

    worker: str
    reply: Reply


class Lost(NamedTuple):
    """A worker is gone, before or after it started, with whatever it was at."""

    worker: str
    reason: str


Event = Started | Finished | Lost


class Cluster(Protocol):
    """Runs workers. Nothing here waits but `events`."""

    def hire(self) -> str:
        """Ask for a worker, and return its name; it has started, or is lost, when `events` says so."""
        ...

    def give(self, worker: str, work: Work) -> None:
        """Hand a group to a worker that is free; `events` says how it ended."""
        ...

    def events(self, timeout_s: float) -> Sequence[Event]:
        """Return what has happened since, waiting for something to happen for at most `timeout_s`."""
        ...

    def dismiss(self, worker: str) -> None:
        """Let a worker go; no event follows."""
        ...

    def close(self) -> None:
        """Let all workers go, and the cluster."""
        ...
