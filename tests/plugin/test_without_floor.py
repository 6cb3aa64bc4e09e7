"""Cases that nothing is demanded of pass whatever they score: the end of a run says so, once."""

import pytest

from bench_cases.pytest_plugin.bench import Bench
from tests.fakes import BrightSegmenter, loaded

LINE = "no floor is set for {}: they assert nothing and pass whatever they score; floors.toml sets one"


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(Bench, "load", lambda _, one: loaded(BrightSegmenter(), one.name))


def test_a_model_without_floors_is_named_with_its_cases(suite):
    result = suite.run("--sam-model=sam_micro,sam2_micro", "--sam-strategy=every.box,every.point")
    result.stdout.fnmatch_lines([LINE.format("sam_micro (2 cases), sam2_micro (2 cases)")])
    assert result.stdout.str().count("no floor is set") == 1


def test_floors_for_some_leave_the_others_to_be_named(suite):
    (suite.path / "floors.toml").write_text('[[volume]]\nstrategy = "every.box"\ndice = 0.0\njaccard = 0.0\n')
    suite.run("--sam-model=sam_micro", "--sam-strategy=every.box,every.point").stdout.fnmatch_lines(
        [LINE.format("sam_micro (1 of 2 cases)")]
    )
    suite.run("--sam-model=sam_micro", "--sam-strategy=every.box").stdout.no_fnmatch_line("no floor*")


def test_a_test_that_asserts_by_itself_needs_no_floor_and_a_row_to_be_beaten_has_none(suite):
    suite.run("--sam-model=baseline_threshold", "--sam-strategy=every.box").stdout.no_fnmatch_line("no floor*")
    suite.pytester.makepyfile(test_suite="def test_it(scores):\n    assert scores.dice_all >= 0\n")
    suite.run("--sam-model=sam_micro", "--sam-strategy=every.box").stdout.no_fnmatch_line("no floor*")
