"""Errors of cases as a reader of the run meets them: the message in the place of a traceback, and each once at the end.

The messages of this project's own errors say what was wrong, what was expected and what to do; the source of the
reader that raised one helps nobody who has a broken file. Defects and asserts keep their tracebacks.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pytest

from bench_cases.cases import CaseResult
from bench_cases.errors import SambenchError

LISTED: Final = 10
"""Messages at the end of a run; the report has all of them."""

_LEFT_TO_US: Final = ("auto", "short")
"""Styles of ``--tb`` in which a message may stand for a traceback; whoever types another wants to see one."""


def show_message(report: pytest.TestReport, call: pytest.CallInfo[None], config: pytest.Config) -> None:
    """Put the message of an error that this project raised on purpose in the place of its traceback.

    pytest prints a text as it is, its first line in the short summary too, and sends it on from workers.
    """
    own = call.excinfo is not None and isinstance(call.excinfo.value, SambenchError)
    asked_for_more = config.option.fulltrace or config.option.tbstyle not in _LEFT_TO_US
    if own and report.failed and not asked_for_more:
        report.longrepr = str(call.excinfo.value)  # type: ignore[union-attr]


def error_lines(results: Iterable[CaseResult]) -> list[str]:
    """Return a line for each message of errors, with the cases that it took."""
    by_message: dict[str, list[CaseResult]] = {}
    for result in results:
        if result.status == "error":
            by_message.setdefault(result.message.partition("\n")[0], []).append(result)
    lines = [f"error: {_whose(members)}: {message}" for message, members in by_message.items()]
    more = len(lines) - LISTED
    return lines if more <= 0 else [*lines[:LISTED], f"error: {more} more messages, which the report has"]


def _whose(results: list[CaseResult]) -> str:
    """Say how many cases, and what they have in common.

    >>> from bench_cases.cases import Case
    >>> cases = [Case("clinic", "b", model, "every.box") for model in ("sam_micro", "sam2_micro")]
    >>> _whose([CaseResult(case=case, status="error") for case in cases])
    '2 cases of clinic/b'
    """
    volumes = {f"{it.case.dataset}/{it.case.volume}": None for it in results}
    models = {it.case.model: None for it in results}
    number = f"{len(results)} case" + ("s" if len(results) > 1 else "")
    if len(volumes) == 1:
        return f"{number} of {next(iter(volumes))}"
    return f"{number} of {len(volumes)} volumes" + (f" with {next(iter(models))}" if len(models) == 1 else "")
