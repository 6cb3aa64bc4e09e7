"""What a run says of a case that came to no result: the message, not the source of the reader that raised it."""

import pytest

from bench_cases.pytest_plugin.bench import Bench
from tests.fakes import BrightSegmenter, loaded
from tests.plugin.conftest import cases

ONE = ("--sam-model=sam_micro", "--sam-strategy=every.box")
ONE_KEY = "radiopaedia-phantom/4_85506_1/sam_micro/every.box"


class Asserting(BrightSegmenter):
    """An adapter with a defect of its own."""

    def decode(self, *_, **__):
        shape = (1, 2)
        assert shape == (2, 1), "the decoder got another shape"


@pytest.fixture
def model_of(monkeypatch):
    """Put a fake in the place of every checkpoint's model, as long as the test lasts."""

    def put(segmenter):
        monkeypatch.setattr(Bench, "load", lambda _, one: loaded(segmenter, one.name))

    return put


def test_an_assert_in_an_adapter_is_an_error_of_its_case_and_no_missed_floor(suite, model_of):
    model_of(Asserting())
    result = suite.run(*ONE, "--sam-report=run.json")
    result.assert_outcomes(errors=1)
    case = cases(suite.report())[ONE_KEY]
    assert (case["status"], case["scores"]) == ("error", None)
    assert case["message"].startswith("AssertionError: the decoder got another shape")
    assert "def decode" in result.stdout.str()  # a defect keeps its traceback


def test_an_assert_of_a_fixture_that_has_seen_scores_is_no_missed_floor_either(suite):
    suite.pytester.makepyfile(
        test_suite="""
        import pytest

        @pytest.fixture
        def rounded(scores):
            assert scores.dice_nonempty > 1, "rounded up"

        def test_volume(rounded):
            pass
        """
    )
    suite.run(*ONE, "--sam-report=run.json").assert_outcomes(errors=1)
    case = cases(suite.report())[ONE_KEY]
    assert case["status"] == "error"
    assert "rounded up" in case["message"]
