"""Strict JSON: everything that Python has and JSON has not."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench_cases.errors import ReportError
from bench_cases.report.strict_json import clean, digest, dumps, dumps_report, encode, loads

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (math.nan, None),
        (-math.inf, None),
        ((1, 2), [1, 2]),
        ({2, 1}, [1, 2]),
        (Path("a") / "b", str(Path("a") / "b")),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        (Decimal("0.5"), 0.5),
        (np.float32(0.5), 0.5),
        (np.float64("nan"), None),
        (np.bool_(True), True),
        (np.arange(3), [0, 1, 2]),
        ({1: {"x": np.int64(3)}}, {"1": {"x": 3}}),
    ],
    ids=repr,
)
def test_a_value_is_put_into_the_words_of_json(value: object, expected: object) -> None:
    assert clean(value) == expected
    assert type(clean(value)) is type(expected)


def test_a_value_without_a_json_form_is_refused_with_its_place() -> None:
    with pytest.raises(
        ReportError,
        match=r"^a\[1\]\.b is .* of type object, which JSON cannot hold; expected numbers, .*Convert it before",
    ):
        clean({"a": [0, {"b": object()}]})


@settings(max_examples=40)
@given(JSON)
def test_what_is_clean_survives_a_round_trip(value: object) -> None:
    once = clean(value)
    assert loads(encode(dumps(once))) == once
    assert clean(once) == once


@settings(max_examples=40)
@given(st.dictionaries(st.text(), JSON))
def test_a_report_is_the_same_json_whatever_its_line_breaks(report: dict[str, object]) -> None:
    strict = clean(report)
    assert json.loads(dumps_report(strict)) == strict


@settings(max_examples=40)
@given(st.dictionaries(st.text(), st.integers()))
def test_equal_values_have_equal_digests(value: dict[str, int]) -> None:
    assert digest(value) == digest(dict(reversed(value.items())))
    assert digest(value) != digest({**value, "one more": None})


def test_lists_of_records_stand_one_a_line() -> None:
    assert dumps_report({"b": [{"x": 1}, {"x": 2}], "a": {"k": [1]}}) == (
        '{\n "a": {\n  "k": [1]\n },\n "b": [\n  {"x": 1},\n  {"x": 2}\n ]\n}\n'
    )


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_bare_words_are_refused_on_reading(word: str) -> None:
    with pytest.raises(ValueError, match=f"a bare {word}"):
        loads(f"[{word}]")
