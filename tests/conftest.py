"""One thread each, and a cache of their own: the tests see neither the user's downloads nor the network."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

# More threads than one spin on busy cores: a call of ten milliseconds then takes a second.
for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# How long an example takes says nothing of the code; the first draw reads this project's sources for constants.
settings.register_profile("unhurried", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


MOST_WORKERS = 4
"""Each imports torch, and takes some two gigabytes."""


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Share a plain ``pytest`` out among the cores, file by file; ``-n 0``, or the name of a test, does not."""
    plain = config.args_source is pytest.Config.ArgsSource.TESTPATHS and not config.option.usepdb
    plain &= not getattr(config.option, "cov_source", None)  # pytest-cov has by now made up its mind about workers
    if plain and not hasattr(config, "workerinput") and getattr(config.option, "numprocesses", 0) is None:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        config.option.numprocesses = min(cores, MOST_WORKERS) if cores > 1 else 0
        config.option.dist = "loadfile" if cores > 1 else "no"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes minutes, unless `-m` speaks of it: ``pytest -m slow tests``, ``pytest -m pages tests``."""
    unasked = [name for name in ("slow", "pages", "cluster") if name not in config.option.markexpr]
    left_out = [item for item in items if any(item.get_closest_marker(name) is not None for name in unasked)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session", autouse=True)
def empty_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A machine on which nothing was downloaded; phantoms are generated once for the whole session."""
    cache = tmp_path_factory.mktemp("cache")
    if "PYTEST_XDIST_WORKER" in os.environ:
        phantoms = tmp_path_factory.getbasetemp().parent / "phantoms"  # of all workers: whoever is first writes them
        phantoms.mkdir(exist_ok=True)
        (cache / "phantoms").symlink_to(phantoms)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAMBENCH_CACHE", str(cache))
        patch.delenv("SAMBENCH_DATA", raising=False)
        patch.setenv("SAMBENCH_SEEDS", str(tmp_path_factory.mktemp("seeds")))
        patch.setenv("SAMBENCH_OFFLINE", "1")
        for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID"):
            patch.delenv(name, raising=False)  # a run that a test begins is no worker's part of this one
        yield


@pytest.fixture(autouse=True)
def _runs_inside_a_test_leave_hypothesis_alone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run inside this process would load hypothesis' plugin after hypothesis itself, which warns."""
    if "pytester" in request.fixturenames:
        request.getfixturevalue("pytester")  # it clears the variable when it begins
        monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")
