"""A plain run of the benchmark has cases of the user's set; what asks about the harness is run when it is asked for."""

import re
import shutil

import pytest

from tests.plugin.conftest import ROOT

OWN = {"test_grid", "test_reading", "test_sharing", "test_throughput"}
SHARED = "test_sharing.py::test_three_strategies[radiopaedia-phantom-sam_micro]"


@pytest.fixture
def collected(pytester):
    """Return a function from a command line to the files of the benchmark that it collects, and its last line."""
    pytester.makeconftest('pytest_plugins = ["bench_cases.pytest_plugin"]')
    (pytester.path / "benchmark").mkdir()
    for path in (ROOT / "benchmark").glob("*.*"):
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
        (("benchmark", "-k", "three_strategies"), {"test_sharing"}),
        (("benchmark/test_reading.py",), {"test_reading"}),
        (("benchmark/" + SHARED,), {"test_sharing"}),
    ],
    ids=["mark", "word of a file", "word of a test", "file", "test"],
)
def test_they_are_run_by_mark_by_word_and_by_file(collected, options, more):
    files, _ = collected(*options)
    assert files == more


@pytest.mark.parametrize("expression", ["radiopaedia", "sam_micro and not grid", "not volume"])
def test_a_word_that_names_data_or_a_model_does_not_ask_for_them(collected, expression):
    files, _ = collected("benchmark", "-k", expression)
    assert files
    assert not files & OWN
