"""The session's engine: made when a case is first asked for, of what the bench holds and the options say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bench_cases.pytest_plugin.bench import Bench
from bench_cases.pytest_plugin.progress import Progress
from bench_cases.scale.engine import Engine, LocalEngine


def engine_of(config: pytest.Config) -> Engine:
    """Return who computes the session's cases, the same each time.

    Raises
    ------
    ScaleError
        When the cluster cannot be used.
    """
    bench = Bench.of(config)
    if bench.engine is None:
        bench.engine = _made(bench)
    return bench.engine


def _made(bench: Bench) -> Engine:
    """Make the engine that was asked for; a cluster's workers are hired and come up meanwhile."""
    option = bench.config.getoption
    cases = [case for case in bench.scored if case.key not in bench.done]
    if option("--sam-engine") == "local" or not cases:
        return LocalEngine(runner=bench.runner)
    from bench_cases.scale.code import code_identity
    from bench_cases.scale.dispatch import Dispatcher
    from bench_cases.scale.ray_cluster import RayCluster
    from bench_cases.scale.remote import RemoteEngine, plan_work
    from bench_cases.scale.work import Assignment

    folders = (text.partition("=") for text in option("--sam-folder"))
    assignment = Assignment(
        settings=bench.settings,
        checkpoints={name: bench.checkpoints[name] for name in dict.fromkeys(case.model for case in cases)},
        folders={name: str(Path(place).expanduser().absolute()) for name, _, place in folders},
        seeds=bench.seeds,
        firsts=bench.firsts,
        threads=option("--sam-threads"),
        timeout_s=option("--sam-timeout"),
    )
    cluster, workers = RayCluster.connect(
        assignment, address=option("--sam-address"), workers=option("--sam-workers"), gpus=option("--sam-gpus")
    )
    dispatcher = Dispatcher(
        cluster=cluster,
        plan=plan_work(cases, bench.masks_of),
        workers=workers,
        retries=option("--sam-retries"),
        code=code_identity(),
    )
    dispatcher.start()

    def note_model(name: str, facts: Mapping[str, Any]) -> None:
        bench.models_seen.setdefault(name, dict(facts))

    return RemoteEngine(
        name="ray",
        dispatcher=dispatcher,
        save_masks=bench.settings.save_masks,
        on_model=note_model,
        on_wait=Progress(bench.config).note,
    )
