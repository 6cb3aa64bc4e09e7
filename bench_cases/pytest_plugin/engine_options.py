"""``--sam-engine`` and what belongs to it: which engine computes the cases, and on what."""

from __future__ import annotations

from typing import get_args

import pytest

from bench_cases.pytest_plugin.option_values import at_least, gpu_share
from bench_cases.pytest_plugin.worker import is_parallel
from bench_cases.scale.engine import EngineName

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
