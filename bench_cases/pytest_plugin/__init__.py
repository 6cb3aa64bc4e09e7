"""The pytest plugin. A suite opts in with ``pytest_plugins = ["bench_cases.pytest_plugin"]`` in its conftest.

There is no entry point that loads it unasked: fixtures of such general names would break an unrelated suite.
"""

from __future__ import annotations

import pytest

from bench_cases.errors import SambenchError
from bench_cases.pytest_plugin import collect, engine_options, options
from bench_cases.pytest_plugin.bench import KEY, Bench
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
    config.stash[KEY] = Bench(config=config)
    config.pluginmanager.register(Recorder(config), "sambench-recorder")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse options of the engine that do not go together."""
    engine_options.check(session.config)


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
    bench.cases = list(dict.fromkeys(case for case in found if case is not None and case.strategy != collect.WHOLE))
    bench.scored, bench.masks_of = collect.asked_of_engine(session.items)


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Join the cluster before the first test: one that cannot be had is one line, and no case has failed."""
    bench = Bench.of(session.config)
    if session.config.option.collectonly or session.testsfailed or not bench.scored:
        return
    try:
        _ = bench.engine
    except SambenchError as error:
        raise options.usage(error) from error


def pytest_unconfigure(config: pytest.Config) -> None:
    """Let the workers go."""
    bench = config.stash.get(KEY, None)
    if bench is not None and bench.engine_in_use is not None:
        bench.engine_in_use.close()
