"""The pytest plugin. A suite opts in with ``pytest_plugins = ["bench_cases.pytest_plugin"]`` in its conftest.

There is no entry point that loads it unasked: fixtures of such general names would break an unrelated suite.
"""

from __future__ import annotations

import os

import pytest

from bench_cases.errors import SambenchError
from bench_cases.pytest_plugin import collect, engine_options, options, parallel, worker
from bench_cases.pytest_plugin.bench import KEY, Bench
from bench_cases.pytest_plugin.case_ids import WHOLE
from bench_cases.pytest_plugin.collection_report import CollectionReport
from bench_cases.pytest_plugin.engine import engine_of
from bench_cases.pytest_plugin.fixtures import (
    case,
    dataset,
    dataset_scores,
    floor,
    frame,
    measure_load,
    model,
    prompt,
    reload_segmenter,
    sam_runner,
    scores,
    segmentation,
    segmenter,
    strategy,
    synchronised,
    time_strategies,
    volume,
)
from bench_cases.pytest_plugin.recorder import Recorder

__all__ = [
    "case",
    "dataset",
    "dataset_scores",
    "floor",
    "frame",
    "measure_load",
    "model",
    "prompt",
    "reload_segmenter",
    "sam_runner",
    "scores",
    "segmentation",
    "segmenter",
    "strategy",
    "synchronised",
    "time_strategies",
    "volume",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the ``--sam-*`` options."""
    options.add_options(parser)
    engine_options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker and make the session's state."""
    config.addinivalue_line(
        "markers",
        "sambench(dataset, model, strategy): what a test runs on where the command line says nothing; "
        "each a name, a pattern, or a list of them",
    )
    worker.bind(config)
    config.stash[KEY] = Bench(config=config, stacks_to=_real_stderr(config))
    config.pluginmanager.register(parallel.Parallel(config), "sambench-parallel")
    config.pluginmanager.register(CollectionReport(config), "sambench-collection-report")
    config.pluginmanager.register(Recorder(config), "sambench-recorder")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse options of the engine that do not go together."""
    engine_options.check(session.config)


def _real_stderr(config: pytest.Config) -> int | None:
    """Keep hold of standard error as it is before tests are captured: the last words of a run that hangs go there."""
    if config.getoption("--sam-timeout") is None:
        return None
    descriptor = os.dup(2)
    config.add_cleanup(lambda: os.close(descriptor))
    return descriptor


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what runs beside the session."""
    if KEY in config.stash:
        Bench.of(config).close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrise tests over the selected cases."""
    collect.parametrise(metafunc)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order items so that each checkpoint loads once."""
    collect.arrange(config, items)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Tell runner and engine which cases will be asked for, now that ``-k`` and ``-m`` have had their say."""
    bench = Bench.of(session.config)
    found = (collect.case_of(item) for item in session.items)
    bench.cases = list(dict.fromkeys(case for case in found if case is not None and case.strategy != WHOLE))
    bench.scored, bench.masks_of = collect.asked_of_engine(session.items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Join the cluster before the first test: one that cannot be had is one line, and no case has failed."""
    bench = Bench.of(session.config)
    if session.config.option.collectonly or session.testsfailed or not bench.scored:
        return
    try:
        engine_of(session.config)
    except SambenchError as error:
        raise options.usage(error) from error


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Say what ``-n auto`` means."""
    return parallel.number_of_workers(config)
