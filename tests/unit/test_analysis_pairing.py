"""Pairing: by key, never by position; nothing is dropped in silence."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench_cases.analysis.pairing import Key, Observation, pair
from bench_cases.errors import ReportError

VALUES = st.dictionaries(st.integers(0, 20), st.floats(0, 1) | st.just(math.nan), max_size=15)


def key(number: int, slice_index: int | None = None) -> Key:
    return Key("coronacases", f"v{number:02}", "every.composite", slice_index)


def side(values: dict[int, float]) -> list[Observation]:
    return [Observation(key(number), value) for number, value in values.items()]


def test_pairs_are_made_by_key_whatever_the_order() -> None:
    pairing = pair(side({2: 0.2, 1: 0.1}), side({1: 0.11, 2: 0.22}))
    assert pairing.keys == (key(1), key(2))
    assert pairing.a == (0.1, 0.2)
    assert pairing.b == (0.11, 0.22)
    assert pairing.left_out == ()


def test_what_has_no_partner_is_listed_with_the_side_that_lacks_it() -> None:
    pairing = pair(side({1: 0.1, 2: 0.2}), side({2: 0.2, 3: 0.3}))
    assert [(left.key, left.side, left.reason) for left in pairing.left_out] == [
        (key(1), "B", "no partner in B"),
        (key(3), "A", "no partner in A"),
    ]


def test_an_undefined_value_takes_its_partner_with_it_and_says_why() -> None:
    a = [Observation(key(1), math.nan, "error (out of memory)"), Observation(key(2), math.nan)]
    pairing = pair(a, side({1: 0.1, 2: math.nan}))
    assert pairing.keys == ()
    assert [left.reason for left in pairing.left_out] == [
        "error (out of memory) in A",
        "undefined in A",
        "undefined in B",
    ]


def test_an_error_of_one_side_is_not_reported_as_a_missing_partner_of_the_other() -> None:
    pairing = pair([Observation(key(1), math.nan, "error (x)")], [])
    assert [left.reason for left in pairing.left_out] == ["error (x) in A"]


def test_a_volume_that_failed_speaks_for_its_slices() -> None:
    a = [Observation(key(1), math.nan, "error (x)")]
    b = [Observation(key(1, 0), 0.5), Observation(key(1, 1), 0.6), Observation(key(2, 0), 0.7)]
    pairing = pair(a, b)
    assert [str(left.key) + ": " + left.reason for left in pairing.left_out] == [
        "coronacases/v01 every.composite: error (x) in A",
        "coronacases/v02 every.composite slice 0: no partner in A",
    ]


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(
        ReportError,
        match=r"coronacases/v01 every.composite stands twice in B \(0\.1 and 0\.2\); expected each key once",
    ):
        pair([], [*side({1: 0.1}), *side({1: 0.2})])


@settings(max_examples=40)
@given(VALUES, VALUES)
def test_every_key_is_either_paired_or_listed(a: dict[int, float], b: dict[int, float]) -> None:
    pairing = pair(side(a), side(b))
    listed = {left.key for left in pairing.left_out}
    assert set(pairing.keys) | listed == {key(number) for number in {*a, *b}}
    assert not set(pairing.keys) & listed
    assert all(math.isfinite(value) for value in (*pairing.a, *pairing.b))


@settings(max_examples=40)
@given(VALUES, VALUES)
def test_swapping_the_sides_swaps_the_pairs(a: dict[int, float], b: dict[int, float]) -> None:
    one, other = pair(side(a), side(b)), pair(side(b), side(a))
    assert (one.keys, one.a, one.b) == (other.keys, other.b, other.a)
