"""``--sam-engine`` and what belongs to it: which engine computes the cases, and on what."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest

from bench_cases.pytest_plugin.option_values import at_least, gpu_share
from bench_cases.pytest_plugin.progress import Progress
from bench_cases.pytest_plugin.worker import is_parallel
from bench_cases.scale.engine import Engine, EngineName, LocalEngine

if TYPE_CHECKING:
    from bench_cases.pytest_plugin.bench import Bench

RETRIES = 2


def add_options(parser: pytest.Parser) -> None:
    """Declare the options; each is documented in the README's table."""
    group = parser.getgroup("sambench")
    group.addoption(
        "--sam-engine",
        choices=list(get_args(EngineName)),
        default="local",
        help="who computes: this process, or the workers of a Ray cluster (default: local)",
    )
    group.addoption(
        "--sam-address",
        metavar="HOST:PORT",
        help="the Ray cluster, or auto (default: RAY_ADDRESS, else one that is started here for this run)",
    )
    group.addoption("--sam-workers", type=at_least(1), metavar="N", help="at most N workers of the cluster")
    group.addoption(
        "--sam-gpus", type=gpu_share, metavar="N", help="GPUs of each worker, or a share of one (default: 1 if any)"
    )
    group.addoption(
        "--sam-retries",
        type=at_least(0),
        default=RETRIES,
        metavar="N",
        help=f"how often a group whose worker was lost is run again (default {RETRIES})",
    )


def check(config: pytest.Config) -> None:
    """Refuse options that do not go together.

    Raises
    ------
    pytest.UsageError
        With what was typed, and which of it to leave out.
    """
    option = config.getoption
    _check_volumes_together(config)
    if option("--sam-engine") == "local":
        for name in ("--sam-address", "--sam-workers", "--sam-gpus"):
            if option(name) is not None:
                msg = f"{name} says what a cluster is to be like; expected --sam-engine ray beside it. Add it."
                raise pytest.UsageError(msg)
    elif is_parallel(config):
        msg = "--sam-engine ray has workers of its own; expected no -n of pytest-xdist beside it. Leave one out."
        raise pytest.UsageError(msg)


def _check_volumes_together(config: pytest.Config) -> None:
    together = config.getoption("--sam-volumes-together")
    if together in {None, 1}:
        return
    alone = {
        "-n": is_parallel(config),
        "--sam-engine ray": config.getoption("--sam-engine") == "ray",
        "--sam-isolated": config.getoption("--sam-isolated"),
    }
    for name in (name for name, typed in alone.items() if typed):
        msg = (
            f"--sam-volumes-together {together} and {name}, under which volumes go one by one; expected one of the "
            "two. Leave one out."
        )
        raise pytest.UsageError(msg)


def make_engine(bench: Bench) -> Engine:
    """Return the engine that was asked for; a cluster's workers are hired and come up meanwhile.

    Raises
    ------
    ScaleError
        When the cluster cannot be used.
    """
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
