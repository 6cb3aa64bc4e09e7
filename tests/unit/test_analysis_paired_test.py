"""The paired t-test: equal to scipy's, to statsmodels' and to a hand's; its degenerate cases have names."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from bench_cases.analysis.paired_test import paired_log_ratio, paired_t

SCORES = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=12)

# SAM ViT-L and SAM 2-L would be paired so; A is the per-volume mean Dice of SAM on Radiopaedia (protocols, section 9).
SAM = [0.8644, 0.9568, 0.9676, 0.9206, 0.8319, 0.9463, 0.9805, 0.8959, 0.8976, 0.9684]
BETTER = [0.8901, 0.9631, 0.9702, 0.9388, 0.8732, 0.9520, 0.9799, 0.9204, 0.9287, 0.9741]


def test_it_equals_a_calculation_by_hand() -> None:
    """Differences 1, 2, 3, 4, 5: mean 3, variance 2.5, standard error sqrt(0.5), t = 3 / sqrt(0.5)."""
    result = paired_t([2.0, 4.0, 6.0, 8.0, 10.0], [1.0, 2.0, 3.0, 4.0, 5.0])
    assert result.t == pytest.approx(3 / math.sqrt(0.5))
    assert result.df == 4
    half_width = 2.7764451 * math.sqrt(0.5)  # the 97.5 % quantile of t with 4 degrees of freedom, from a printed table
    assert result.low == pytest.approx(3 - half_width)
    assert result.high == pytest.approx(3 + half_width)
    assert (result.mean_a, result.mean_b, result.difference) == (6.0, 3.0, 3.0)
    assert result.verdict == "A higher"


def test_it_equals_scipy_and_statsmodels() -> None:
    result = paired_t(SAM, BETTER)
    expected = stats.ttest_rel(SAM, BETTER)
    assert result.t == pytest.approx(expected.statistic)
    assert result.p == pytest.approx(expected.pvalue)
    described = pytest.importorskip("statsmodels.stats.weightstats").DescrStatsW(np.subtract(SAM, BETTER))
    t, p, df = described.ttest_mean(0)
    assert (result.t, result.p, result.df) == pytest.approx((t, p, df))
    assert (result.low, result.high) == pytest.approx(described.tconfint_mean(alpha=0.05))


def test_a_better_second_model_gives_a_negative_t_as_in_the_paper() -> None:
    result = paired_t(SAM, BETTER)
    assert result.t is not None
    assert result.t < 0
    assert result.verdict == "B higher"


@settings(max_examples=40)
@given(SCORES)
def test_swapping_the_sides_flips_the_sign_and_nothing_else(pairs: list[tuple[float, float]]) -> None:
    a, b = (list(side) for side in zip(*pairs, strict=True))
    one, other = paired_t(a, b), paired_t(b, a)
    assert one.n == other.n == len(pairs)
    assert one.difference == pytest.approx(-(other.difference or 0))
    assert one.p == pytest.approx(other.p)
    if one.t is not None and other.t is not None and one.low is not None and other.high is not None:
        assert one.t == pytest.approx(-other.t)
        assert one.low == pytest.approx(-other.high)
    swapped = {"A higher": "B higher", "B higher": "A higher"}
    assert other.verdict == swapped.get(one.verdict, one.verdict)


@settings(max_examples=40)
@given(SCORES)
def test_the_interval_holds_zero_exactly_when_p_is_above_five_per_cent(pairs: list[tuple[float, float]]) -> None:
    a, b = (list(side) for side in zip(*pairs, strict=True))
    result = paired_t(a, b)
    assume(result.p is not None and abs(result.p - 0.05) > 1e-6)
    assert result.low is not None
    assert result.high is not None
    assert result.p is not None
    assert (result.low <= 0 <= result.high) == (result.p > 0.05)
    assert (result.verdict == "unclear") == (result.p > 0.05)


@settings(max_examples=40)
@given(SCORES, st.floats(-0.5, 0.5))
def test_what_is_added_to_both_sides_changes_nothing(pairs: list[tuple[float, float]], shift: float) -> None:
    a, b = (list(side) for side in zip(*pairs, strict=True))
    assume(np.ptp(np.subtract(a, b)) > 1e-6)
    one = paired_t(a, b)
    other = paired_t([value + shift for value in a], [value + shift for value in b])
    assert one.t == pytest.approx(other.t, rel=1e-6, abs=1e-6)


@settings(max_examples=40)
@given(SCORES)
def test_it_equals_scipy_wherever_there_is_a_variance(pairs: list[tuple[float, float]]) -> None:
    a, b = (list(side) for side in zip(*pairs, strict=True))
    assume(np.ptp(np.subtract(a, b)) > 1e-6)
    result, expected = paired_t(a, b), stats.ttest_rel(a, b)
    assert (result.t, result.p) == pytest.approx((expected.statistic, expected.pvalue))


@pytest.mark.parametrize(
    ("a", "b", "verdict", "difference"),
    [
        ([], [], "too few", None),
        ([0.5], [0.25], "too few", 0.25),
        ([0.5, 0.6], [0.5, 0.6], "identical", 0.0),
        ([0.0, 0.0], [0.0, 0.0], "identical", 0.0),
        ([0.3, 0.4, 0.6], [0.2, 0.3, 0.5], "constant", 0.1),
        ([0.0, 5e-324], [0.0, 0.0], "identical", 0.0),
        ([1e9 + 1, 2e9 + 1], [1e9, 2e9], "constant", 1.0),
    ],
)
def test_a_case_without_a_variance_has_a_name_and_no_number(
    a: list[float], b: list[float], verdict: str, difference: float | None
) -> None:
    result = paired_t(a, b)
    assert result.verdict == verdict
    assert result.difference == pytest.approx(difference)
    assert (result.t, result.p, result.low, result.high) == (None, None, None, None)
    assert result.n == len(a)


def test_sides_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="2 values in A and 1 in B; expected pairs"):
        paired_t([1.0, 2.0], [1.0])


def test_a_wider_confidence_gives_a_wider_interval() -> None:
    narrow, wide = paired_t(SAM, BETTER), paired_t(SAM, BETTER, confidence=0.99)
    assert narrow.low is not None
    assert wide.low is not None
    assert wide.low < narrow.low


def test_a_latency_ratio_is_the_t_test_of_the_logarithms() -> None:
    a, b = [0.2, 0.25, 0.3], [0.1, 0.11, 0.16]
    result = paired_log_ratio(a, b)
    expected = stats.ttest_rel(np.log(a), np.log(b))
    interval = expected.confidence_interval()
    assert result.log.p == pytest.approx(expected.pvalue)
    assert result.ratio == pytest.approx(stats.gmean(np.divide(a, b)))
    assert (result.low, result.high) == pytest.approx((math.exp(interval.low), math.exp(interval.high)))
    assert result.geometric_mean_a == pytest.approx(stats.gmean(a))
    assert result.geometric_mean_b == pytest.approx(stats.gmean(b))


def test_a_ratio_of_powers_of_two_is_checked_by_eye() -> None:
    result = paired_log_ratio([2.0, 8.0], [1.0, 2.0])  # ratios 2 and 4: geometric mean sqrt(8)
    assert result.ratio == pytest.approx(math.sqrt(8))


@settings(max_examples=40)
@given(st.lists(st.tuples(st.floats(1e-4, 1e3), st.floats(1e-4, 1e3)), min_size=2, max_size=10), st.floats(1e-3, 1e3))
def test_a_ratio_does_not_depend_on_the_unit(pairs: list[tuple[float, float]], unit: float) -> None:
    a, b = (list(side) for side in zip(*pairs, strict=True))
    one = paired_log_ratio(a, b).ratio
    other = paired_log_ratio([value * unit for value in a], [value * unit for value in b]).ratio
    assert one == pytest.approx(other, rel=1e-9)


@pytest.mark.parametrize("value", [0.0, -0.1])
def test_a_time_without_a_logarithm_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="has no logarithm; expected positive values"):
        paired_log_ratio([0.1, value], [0.1, 0.1])


def test_no_pairs_give_no_ratio() -> None:
    result = paired_log_ratio([], [])
    assert (result.ratio, result.geometric_mean_a, result.log.verdict) == (None, None, "too few")
