"""What a run says of a case that came to no result: the message, not the source of the reader that raised it."""

import pytest

from bench_cases.cases import Case, CaseResult
from bench_cases.errors import CheckpointError
from bench_cases.pytest_plugin.bench import Bench
from bench_cases.pytest_plugin.case_errors import error_lines
from tests.fakes import BrightSegmenter, loaded
from tests.plugin.conftest import ROOT, cases
from tests.scan_files import write_squares

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


POINTER = "b/i.nii.gz: it is a git-lfs pointer, a few lines of text that stand for the file; expected the image itself."


@pytest.fixture
def clinic(suite):
    """A folder of two volumes, of which one is a pointer that git-lfs left behind."""
    folder = suite.path / "clinic"
    write_squares(folder)
    (folder / "b" / "i.nii.gz").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:1\n")
    return (f"--sam-folder=clinic={folder}", "--sam-strategy=every.box", "-p", "no:cacheprovider")


def test_a_broken_volume_is_its_message_for_each_case_and_one_line_at_the_end(suite, clinic, model_of, monkeypatch):
    model_of(BrightSegmenter())
    monkeypatch.setenv("COLUMNS", "200")
    result = suite.pytester.runpytest_inprocess(*clinic, "--sam-model=sam_micro,sam2_micro")
    result.assert_outcomes(passed=2, errors=2)
    text = result.stdout.str()
    assert "_open.py" not in text
    assert "Traceback" not in text
    result.stdout.fnmatch_lines(
        [
            "*ERROR at setup of test_volume?clinic/b-sam_micro-every.box?*",
            f"{POINTER} Run 'git lfs pull' in the repository it came from.",
            f"error: 2 cases of clinic/b: {POINTER}*",
            f"ERROR test_suite.py::test_volume?clinic/b-sam_micro-every.box? - {POINTER[:40]}*",
        ]
    )


@pytest.mark.parametrize("style", ["--tb=long", "--tb=native", "--full-trace"])
def test_whoever_types_for_a_traceback_gets_it(suite, clinic, model_of, style):
    model_of(BrightSegmenter())
    result = suite.pytester.runpytest_inprocess(*clinic, "--sam-model=sam_micro", "-k", "clinic/b", style)
    result.assert_outcomes(errors=1, deselected=1)
    assert "_open.py" in result.stdout.str()


def test_an_error_that_a_test_itself_meets_is_its_message_too(suite):
    suite.pytester.makepyfile(
        test_suite="""
        from bench_cases.errors import DataError

        def test_volume(scores):
            raise DataError("too thin; expected more. Take another.")

        def test_plain():
            raise DataError("of no case")
        """
    )
    result = suite.run(*ONE)
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(["*def test_plain*"])
    result.stdout.fnmatch_lines(["too thin; expected more. Take another."])
    result.stdout.fnmatch_lines(["error: 1 case of radiopaedia-phantom/4_85506_1: too thin; expected more.*"])
    assert 'raise DataError("too thin' not in result.stdout.str()


def test_many_messages_end_in_a_number_and_one_message_says_how_far_it_reaches():
    def error(number, message, model="m"):
        return CaseResult(case=Case("set", str(number), model, "every.box"), status="error", message=message)

    far = [error(number, "no weights\nin two lines", "new") for number in range(3)]
    assert error_lines([*far, error(0, "", "m")])[0] == "error: 3 cases of 3 volumes with new: no weights"
    assert error_lines([*far, error(9, "no weights")]) == ["error: 4 cases of 4 volumes: no weights"]
    lines = error_lines([error(number, f"broken {number}") for number in range(13)])
    assert len(lines) == 11
    assert lines[-1] == "error: 3 more messages, which the report has"
    assert error_lines([CaseResult(case=Case("set", "0", "m", "every.box"), status="failed", message="low")]) == []


LATENCY = ("test_latency", "test_loading")


def test_a_model_that_cannot_be_had_is_one_error_in_a_test_of_latency(suite, monkeypatch):
    def refuse(_bench, checkpoint):
        msg = f"{checkpoint.name} is not to be had; expected weights. Fetch them."
        raise CheckpointError(msg)

    monkeypatch.setattr(Bench, "load", refuse)
    for name in LATENCY:
        (suite.path / f"{name}.py").write_text((ROOT / "benchmark" / f"{name}.py").read_text())
    (suite.path / "test_suite.py").unlink()
    result = suite.run("--sam-model=sam_micro", "-W", "error")
    result.assert_outcomes(errors=4)
    assert "was not used at all" not in result.stdout.str()
