"""When ``-k`` selects nothing: the words that stand in no test's name, each with the name that was meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from typing import Final

from bench_cases.prompting.strategy import DEFAULT_STRATEGIES
from bench_cases.pytest_plugin.bench import Bench

_OPERATORS: Final = {"and", "or", "not"}
_WORD: Final = re.compile(r"[^\s()]+")


def words_of(keyword: str) -> list[str]:
    """Return the words of an expression of ``-k``, in small letters: pytest ignores case too.

    >>> words_of("Radiopaedia and not (sam2 or latency)")
    ['radiopaedia', 'sam2', 'latency']
    """
    return [word for word in _WORD.findall(keyword.lower()) if word not in _OPERATORS]


def unmatched_lines(bench: Bench, keyword: str, tests: Collection[str]) -> list[str]:
    """Return a line for each word to which an expression that selects nothing may owe that.

    Parameters
    ----------
    tests
        Names of the tests that there were, as pytest shows them.
    """
    lines = [_about(bench, word, tests) for word in words_of(keyword) if not _stands_in(word, tests)]
    if lines:
        return lines
    msg = (
        f"-k {keyword!r}: none of {len(tests)} tests fits, though each word stands in the name of one; expected words "
        "that stand in one name together. Without -k, --collect-only -q lists all names."
    )
    return [msg]


def _about(bench: Bench, word: str, tests: Collection[str]) -> str:
    for name, dataset in bench.datasets.items():
        if word in name.lower() and (lack := dataset.missing()) is not None:
            phantom = f"{name}-phantom"
            instead = f", or --sam-dataset {phantom} for its phantom" if phantom in bench.datasets else ""
            return f"-k {word}: {lack}{instead}"
    for name, lack in bench.missing_weights.items():
        if word in name.lower():
            return f"-k {word}: {lack}"
    near = difflib.get_close_matches(word, _names(bench, tests), n=1)
    hint = f"Did you mean {near[0]!r}?" if near else "Without -k, --collect-only -q lists all names."
    return (
        f"-k {word}: none of {len(tests)} tests has that in its name; expected a part of the name of a dataset, model, "
        f"strategy or test. {hint}"
    )


def _names(bench: Bench, tests: Iterable[str]) -> list[str]:
    """Return all that a word may have been meant to be; the parts of a strategy count, since they are typed alone."""
    strategies = dict.fromkeys([*DEFAULT_STRATEGIES, *(case.strategy for case in bench.by_id.values())])
    parts = (part for strategy in strategies for part in strategy.split("."))
    places = (test.partition("[")[0].split("/")[-1] for test in tests)  # test_volume.py::test_volume
    functions = (part.removesuffix(".py").removeprefix("test_") for place in places for part in place.split("::"))
    return list(dict.fromkeys([*bench.datasets, *bench.checkpoints, *strategies, *parts, *functions]))


def _stands_in(word: str, tests: Iterable[str]) -> bool:
    return any(word in test.lower() for test in tests)
