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
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAMBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("SAMBENCH_DATA", raising=False)
        patch.setenv("SAMBENCH_SEEDS", str(tmp_path_factory.mktemp("seeds")))
        patch.setenv("SAMBENCH_OFFLINE", "1")
        yield


@pytest.fixture(autouse=True)
def _runs_inside_a_test_leave_hypothesis_alone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run inside this process would load hypothesis' plugin after hypothesis itself, which warns."""
    if "pytester" in request.fixturenames:
        request.getfixturevalue("pytester")  # it clears the variable when it begins
        monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")
