"""What a run says before its first test: phantoms in the place of a set, words of -k that found nothing."""

import doctest
import shutil

import pytest

from bench_cases.pytest_plugin import case_errors, closing, unmatched_words
from tests.plugin.conftest import FEW, ROOT

INSTEAD = "not on disk: *phantom* instead; for the real scans: sambench fetch"


@pytest.fixture
def collected(suite):
    """Return a function from a command line to what is printed when tests are collected."""

    def collect(*options):
        return suite.pytester.runpytest_inprocess(*FEW, "--collect-only", "-q", *options)

    return collect


@pytest.mark.parametrize("options", [("-k", "radiopaedia"), ("-k", "RADIO"), ("--sam-dataset=radiopaedia*",)])
def test_a_phantom_in_the_place_of_a_set_is_said_where_the_set_was_meant(collected, options):
    collected(*options).stdout.fnmatch_lines(
        ["radiopaedia is not on disk: radiopaedia-phantom runs instead; for the real scans: sambench fetch radiopaedia"]
    )


def test_several_are_one_line(collected):
    collected("-k", "sam2_micro and middle").stdout.fnmatch_lines(
        ["coronacases, radiopaedia are not on disk: their phantoms run instead; *: sambench fetch coronacases radi*"]
    )


@pytest.mark.parametrize(
    "options",
    [
        ("-k", "radiopaedia-phantom"),
        ("--sam-dataset=radiopaedia-phantom",),
        ("--sam-dataset=radiopaedia-*",),
        ("--sam-phantom", "--sam-limit-volumes=1"),
    ],
)
def test_a_phantom_that_was_asked_for_is_not_explained(collected, options):
    collected(*options).stdout.no_fnmatch_line(f"*{INSTEAD}*")


def test_nor_is_one_that_a_mark_names(suite, collected):
    suite.pytester.makepyfile(
        test_suite="""
        import pytest

        @pytest.mark.sambench(dataset="radiopaedia-phantom", model="sam_micro", strategy="every.box")
        def test_it(scores):
            pass
        """
    )
    result = collected()
    result.stdout.fnmatch_lines(["*radiopaedia-phantom/4_85506_1-sam_micro-every.box*"])
    result.stdout.no_fnmatch_line(f"*{INSTEAD}*")


@pytest.mark.parametrize(
    ("keyword", "line"),
    [
        (
            "radiopedia",
            "-k radiopedia: none of * tests has that in its name; expected *. Did you mean 'radiopaedia'[?]",
        ),
        ("sam2_mikro", "*Did you mean 'sam2_micro'[?]"),
        ("midle and sam2", "-k midle: none of *Did you mean 'middle'[?]"),
        ("volumme", "*Did you mean 'volume'[?]"),
        ("zzz", "-k zzz: none of *Without -k, --collect-only -q lists all names."),
        (
            "amos-ct",
            "-k amos-ct: amos-ct: not on disk *; sambench fetch amos-ct, or --sam-dataset amos-ct-phantom for *",
        ),
        ("sam2.1_large", "-k sam2.1_large: weights of sam2.1_large are not downloaded *: sambench fetch sam2.1_large"),
        (
            "sam_micro and middle",
            "-k 'sam_micro and middle': none of * tests fits, though each word stands in the name*",
        ),
    ],
)
def test_words_that_select_nothing_are_told_with_what_was_meant(collected, keyword, line):
    result = collected("-k", keyword)
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines([line])


def test_words_that_select_something_are_not_talked_about(collected):
    collected("-k", "radiopaedia or nonsense").stdout.no_fnmatch_line("-k *")


def test_how_many_of_the_deselected_ask_about_the_harness_is_said(suite):
    (suite.path / "benchmark").mkdir()
    for path in (ROOT / "benchmark").glob("*.*"):
        shutil.copy(path, suite.path / "benchmark")
    result = suite.run("benchmark", "--collect-only", "-q", "--sam-model=sam_micro", "-k", "radiopaedia")
    result.stdout.fnmatch_lines(["of the deselected, * ask about this harness's own speed; -m speed runs them"])
    result = suite.run("benchmark/test_volume.py", "--collect-only", "-q", "--sam-model=sam_micro")
    result.stdout.no_fnmatch_line("of the deselected*")


@pytest.mark.parametrize("module", [case_errors, closing, unmatched_words], ids=lambda module: module.__name__)
def test_the_examples_of_the_words_hold(module):
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed
