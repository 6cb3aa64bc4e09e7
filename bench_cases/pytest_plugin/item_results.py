"""What an item of pytest has when it ends: its case's result, its latency rows, its properties for JUnit."""

from __future__ import annotations

import inspect
from dataclasses import replace
from typing import Any, Final

import pytest

from bench_cases.cases import Case, CaseResult, is_baseline
from bench_cases.errors import SambenchError
from bench_cases.nameless import nameless
from bench_cases.pytest_plugin.case_ids import WHOLE

RESULT: pytest.StashKey[CaseResult] = pytest.StashKey()

_JUNIT: Final = {"dice": "dice_nonempty", "jaccard": "jaccard_nonempty", "dice_all": "dice_all"}


def junit_properties(result: CaseResult) -> list[tuple[str, object]]:
    """Return the scores as properties of the case in the file that ``--junitxml`` writes."""
    if result.scores is None:
        return []
    return [(name, f"{getattr(result.scores, field):.6f}") for name, field in _JUNIT.items()]


def case_result(item: pytest.Item, case: Case, call: pytest.CallInfo[None]) -> CaseResult:
    """Return the result of a case with the status that its test gave it."""
    result = item.stash.get(RESULT, None)
    error = None if call.excinfo is None else call.excinfo.value
    if result is None:
        result = CaseResult(case=case, status="error")
    if error is None:
        return replace(result, status="passed", message="")
    # Only the test's own assert, and only on scores, is a missed floor; any other is a defect, of an adapter say.
    if isinstance(error, AssertionError) and call.when == "call" and result.scores is not None:
        return replace(result, status="failed", message=nameless(str(error)))
    message = str(error) if isinstance(error, SambenchError) else f"{type(error).__name__}: {error}"
    return replace(result, status="error", message=nameless(message))


def asserts_nothing(item: pytest.Item, result: CaseResult) -> bool:
    """Whether a test that holds scores to their floor passed because there is none: it would have, whatever they are.

    Only a test whose function asks for the floor is known to be about it; others have asserts of their own.
    """
    if result.status != "passed" or result.floor is not None or is_baseline(result.case.model):
        return False
    function = getattr(item, "function", None)
    return function is not None and "floor" in inspect.signature(function).parameters


def latency_rows(item: pytest.Item, case: Case) -> list[dict[str, Any]]:
    """Return what pytest-benchmark measured in a test, if it measured anything."""
    fixture = getattr(item, "funcargs", {}).get("benchmark")
    metadata = getattr(fixture, "stats", None)
    if metadata is None or not getattr(metadata, "stats", None) or not metadata.stats.data:
        return []
    row = metadata.as_dict(include_data=True, flat=False, stats=True)
    named = {"dataset": case.dataset, "volume": case.volume, "model": case.model, "strategy": case.strategy}
    row["params"] = {axis: "" if name == WHOLE else name for axis, name in named.items()}
    row["options"] = {}
    return [row]
