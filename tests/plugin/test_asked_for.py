"""A plain run of the benchmark has cases of the user's set; what asks about the harness is run when it is asked for."""

import re
import runpy
import shutil
from types import SimpleNamespace

import pytest

from tests.plugin.conftest import ROOT

BENCHMARK = ROOT / "benchmark"
OWN = {"test_grid", "test_reading", "test_sharing", "test_throughput"}


@pytest.fixture
def collected(pytester):
    """Return a function from a command line to the files of the benchmark that it collects, and its last line."""
    pytester.makeconftest('pytest_plugins = ["bench_cases.pytest_plugin"]')
    (pytester.path / "benchmark").mkdir()
    for path in BENCHMARK.glob("*.*"):
        shutil.copy(path, pytester.path / "benchmark")
    few = ("--sam-dataset=radiopaedia-phantom", "--sam-model=sam_micro", "--sam-strategy=every.box")

    def collect(*options):
        options = (*few, *options, "--collect-only", "-q", "--strict-markers", "-p", "no:cacheprovider")
        lines = pytester.runpytest_inprocess(*options).outlines
        return {found[1] for line in lines if (found := re.match(r"benchmark/(\w+)\.py::", line))}, lines[-1]

    return collect


def test_a_plain_run_leaves_them_out_and_counts_them(collected):
    files, last = collected("benchmark")
    assert files == {"test_volume", "test_latency", "test_loading"}
    assert re.match(r"\d+/\d+ tests collected \(\d+ deselected\)", last)


@pytest.mark.parametrize(
    ("options", "more"),
    [
        (("benchmark", "-m", "speed"), OWN),
        (("benchmark", "-k", "grid or volume"), {"test_grid", "test_volume"}),
        (("benchmark/test_reading.py",), {"test_reading"}),
    ],
    ids=["mark", "word", "file"],
)
def test_they_are_run_by_mark_by_word_and_by_file(collected, options, more):
    files, _ = collected(*options)
    assert files == more


@pytest.mark.parametrize(
    ("arguments", "keyword", "asked"),
    [
        (["benchmark"], "", False),
        (["benchmark/test_sharing.py::test_three_strategies[radiopaedia-phantom-sam_micro]"], "", True),
        (["benchmark/test_volume.py"], "", False),
        (["benchmark"], "three_strategies", True),
        (["benchmark"], "not (Sharing or volume)", True),  # pytest itself leaves it out then
        (["benchmark"], "radiopaedia and sam_micro", False),
        (["benchmark"], "not volume", False),
    ],
)
def test_a_word_asks_that_stands_in_a_name_and_not_one_that_names_data(arguments, keyword, asked):
    asked_for = runpy.run_path(str(BENCHMARK / "conftest.py"))["asked_for"]
    config = SimpleNamespace(
        args=arguments,
        invocation_params=SimpleNamespace(dir=ROOT),
        option=SimpleNamespace(keyword=keyword, markexpr=""),
    )
    item = SimpleNamespace(
        path=BENCHMARK / "test_sharing.py",
        name="test_three_strategies[radiopaedia-phantom-sam_micro]",
        originalname="test_three_strategies",
    )
    assert asked_for(item, config) is asked
