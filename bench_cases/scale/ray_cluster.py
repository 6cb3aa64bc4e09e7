"""Workers as actors of a Ray cluster, or of one that is started here for this run alone.

Ray's dashboard and its reports of usage are off, and what workers print stays with them: nothing about a scan leaves
the machines that compute.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Final

from bench_cases.errors import ScaleError
from bench_cases.scale.cluster import Event, Finished, Lost, Started
from bench_cases.scale.work import Assignment, Work
from bench_cases.scale.worker import GroupWorker

_ENVIRONMENT: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "0",
    # A worker that asked for no GPU sees those of its node; `Resources` has it compute on the CPU all the same.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}

_REASONS: Final = {
    "OutOfMemoryError": "its node ran out of memory",
    "NodeDiedError": "its node was lost",
    "ActorUnavailableError": "it could not be reached any more",
    "ActorDiedError": "its process ended",
    "WorkerCrashedError": "its process ended",
}
"""Ray's exceptions in words for a report: Ray's own name hosts, addresses and paths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What each worker asks of the cluster.

    Parameters
    ----------
    gpus
        GPUs, or a fraction of one that several workers share; 0 computes on the CPU.
    cpus
        CPU cores; torch takes as many threads unless told otherwise.
    """

    gpus: float = 0.0
    cpus: int = 1


def require_ray() -> None:
    """Say what is missing when Ray is not installed; it is not imported.

    Raises
    ------
    ScaleError
        When it is not there.
    """
    if find_spec("ray") is None:
        msg = (
            "the engine 'ray' needs the package ray, which is not installed; run in the checkout: "
            "pip install -e '.[ray]'."
        )
        raise ScaleError(msg)


@dataclass(slots=True, kw_only=True)
class RayCluster:
    """Hires actors; made by `connect`."""

    assignment: Assignment
    resources: Resources
    _ray: Any
    _actors: dict[str, Any] = field(default_factory=dict)
    _pending: dict[Any, tuple[str, bool]] = field(default_factory=dict)
    _hired: int = 0

    @classmethod
    def connect(
        cls,
        assignment: Assignment,
        *,
        address: str | None = None,
        workers: int | None = None,
        gpus: float | None = None,
    ) -> tuple[RayCluster, int]:
        """Join a cluster, or start one on this machine, and return it with the number of workers that it holds.

        Parameters
        ----------
        address
            ``auto`` or ``HOST:PORT``; None takes ``RAY_ADDRESS``, and where that is not set starts one here.
        workers
            At most so many; None for as many as there is room for.
        gpus
            GPUs of a worker; None for one where the cluster has any and the settings want them, else 0.

        Raises
        ------
        ScaleError
            When Ray is not installed, the cluster cannot be reached, or has no room for a worker.
        """
        require_ray()
        os.environ.update(_ENVIRONMENT)
        import ray

        where = address or os.environ.get("RAY_ADDRESS") or "local"
        own: dict[str, Any] = {}
        if where == "local":
            cpus = None if workers is None else workers * (assignment.threads or 1)
            own = {"num_cpus": cpus, "include_dashboard": False}
        try:
            ray.init(address=where, log_to_driver=False, logging_level=logging.ERROR, **own)
        except Exception as problem:
            ray.shutdown()
            said = " ".join(str(problem).split())
            msg = (
                f"the cluster at {where!r} cannot be used: {said}; expected a Ray cluster of the same Ray and Python. "
                "Start one with `ray start --head`, set RAY_AUTH_MODE=token if it has a token, or leave the address "
                "out for one on this machine."
            )
            raise ScaleError(msg) from problem
        total = ray.cluster_resources()
        resources = _resources(assignment, total, gpus)
        room = _room(total, resources)
        if room < 1:
            ray.shutdown()
            msg = (
                f"the cluster at {where!r} has {total.get('CPU', 0):g} CPUs and {total.get('GPU', 0):g} GPUs; expected "
                f"at least {resources.cpus} and {resources.gpus:g} for a worker. Ask for less: --sam-gpus, "
                "--sam-threads."
            )
            raise ScaleError(msg)
        cluster = cls(assignment=_on_workers(assignment, resources), resources=resources, _ray=ray)
        return cluster, room if workers is None else min(room, workers)

    def hire(self) -> str:
        """Ask for an actor."""
        self._hired += 1
        name = f"worker {self._hired}"
        # Ray starts no actor again by itself: what it was at would be lost without a word.
        remote = self._ray.remote(
            num_cpus=self.resources.cpus, num_gpus=self.resources.gpus, max_restarts=0, max_task_retries=0
        )(GroupWorker)
        actor = self._actors[name] = remote.remote(self.assignment)
        self._pending[actor.code.remote()] = (name, True)
        return name

    def give(self, worker: str, work: Work) -> None:
        """Hand a group to an actor."""
        self._pending[self._actors[worker].run.remote(work)] = (worker, False)

    def events(self, timeout_s: float) -> Sequence[Event]:
        """Return what actors have answered, and which of them died."""
        if not self._pending:
            return []
        self._ray.wait(list(self._pending), num_returns=1, timeout=timeout_s)
        ready, _ = self._ray.wait(list(self._pending), num_returns=len(self._pending), timeout=0)
        return [self._event(reference) for reference in ready]

    def dismiss(self, worker: str) -> None:
        """Kill an actor."""
        actor = self._actors.pop(worker, None)
        self._pending = {reference: what for reference, what in self._pending.items() if what[0] != worker}
        if actor is not None:
            self._ray.kill(actor)

    def close(self) -> None:
        """Kill the actors, and stop the cluster if it was started here."""
        for worker in list(self._actors):
            self.dismiss(worker)
        self._ray.shutdown()

    def _event(self, reference: Any) -> Event:
        worker, starting = self._pending.pop(reference)
        try:
            value = self._ray.get(reference)
        except self._ray.exceptions.RayError as error:
            self.dismiss(worker)
            return Lost(worker, _reason(error))
        return Started(worker, value) if starting else Finished(worker, value)


def _resources(assignment: Assignment, total: dict[str, float], gpus: float | None) -> Resources:
    if gpus is None:
        gpus = 1.0 if assignment.settings.device in {"auto", "cuda"} and total.get("GPU") else 0.0
    return Resources(gpus=gpus, cpus=assignment.threads or 1)


def _on_workers(assignment: Assignment, resources: Resources) -> Assignment:
    """Have workers that asked for no GPU compute on the CPU, where the device was left open."""
    from dataclasses import replace

    if assignment.settings.device != "auto" or resources.gpus:
        return assignment
    return replace(assignment, settings=replace(assignment.settings, device="cpu"))


def _room(total: dict[str, float], resources: Resources) -> int:
    by_cpu = total.get("CPU", 0.0) // resources.cpus
    return int(min(by_cpu, total.get("GPU", 0.0) // resources.gpus) if resources.gpus else by_cpu)


def _reason(problem: Exception) -> str:
    """Say why an actor gave no answer."""
    cause = getattr(problem, "cause", None)  # of an exception that the worker's own code raised
    if isinstance(cause, Exception):
        return f"{type(cause).__name__}: {cause}"
    return next((_REASONS[kind.__name__] for kind in type(problem).__mro__ if kind.__name__ in _REASONS), "Ray lost it")
