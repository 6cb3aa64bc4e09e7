"""Every statistic against an independent computation: scipy, statsmodels, a printed table, or a hand."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from bench_cases.analysis.statistics.block_bootstrap import median_ratio
from bench_cases.analysis.statistics.cluster_bootstrap import cluster_bootstrap, cluster_means
from bench_cases.analysis.statistics.correlation import correlation
from bench_cases.analysis.statistics.dependence import dependence
from bench_cases.analysis.statistics.describe import describe
from bench_cases.analysis.statistics.detectable import detectable_difference
from bench_cases.analysis.statistics.effect_size import cohens_dz
from bench_cases.analysis.statistics.equivalence import two_one_sided
from bench_cases.analysis.statistics.holm import holm, holm_array
from bench_cases.analysis.statistics.mixed_model import mixed_model
from bench_cases.analysis.statistics.normality import normality
from bench_cases.analysis.statistics.position_curve import best_slices, position_bins
from bench_cases.analysis.statistics.shares import shares
from bench_cases.analysis.statistics.spread import spread
from bench_cases.analysis.statistics.wilcoxon import signed_rank
from tests.narrow import known

DIFFERENCES = [0.031, -0.004, 0.052, 0.018, 0.027, 0.009, -0.013, 0.044, 0.036, 0.021]
P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=8)


def test_the_signed_rank_test_equals_scipys_and_its_shift_is_the_median_of_walsh_averages():
    found = signed_rank(DIFFERENCES)
    assert found.p == pytest.approx(stats.wilcoxon(DIFFERENCES).pvalue)
    walsh = [(a + b) / 2 for i, a in enumerate(DIFFERENCES) for b in DIFFERENCES[i:]]
    assert found.shift == pytest.approx(np.median(walsh))
    # Ranks of the negative ones, 0.004 and 0.013, are 1 and 3: 55 - 4 are left.
    assert found.statistic == 51


def test_the_signed_rank_test_leaves_zeros_out_and_says_so():
    found = signed_rank([0.0, 1.0, 2.0, -3.0, 0.0])
    assert found.n_nonzero == 3
    assert found.p == pytest.approx(stats.wilcoxon([1.0, 2.0, -3.0]).pvalue)
    assert signed_rank([0.0, 0.0]) == (0, None, None, 0.0)
    assert signed_rank([]) == (0, None, None, None)


def test_dz_is_t_over_the_root_of_n():
    t = stats.ttest_1samp(DIFFERENCES, 0).statistic
    assert cohens_dz(DIFFERENCES) == pytest.approx(t / math.sqrt(len(DIFFERENCES)))
    assert cohens_dz([0.1]) is None
    assert cohens_dz([0.1, 0.1, 0.1]) is None


def test_holm_equals_statsmodels():
    multipletests = pytest.importorskip("statsmodels.stats.multitest").multipletests
    p_values = [0.01, 0.04, 0.03, 0.005, 0.5, 0.04]
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])
    assert holm([]) == []
    assert holm([None, None]) == [None, None]


@settings(max_examples=50)
@given(P_VALUES)
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p_values):
    adjusted = holm_array(p_values)
    assert (adjusted >= np.array(p_values) - 1e-15).all()
    assert (np.diff(adjusted[np.argsort(p_values, kind="stable")]) >= 0).all()


def test_holm_takes_each_row_as_a_family():
    rows = [[0.01, 0.04], [0.03, 0.02]]
    assert holm_array(rows).tolist() == [holm(row) for row in rows]


def test_equivalence_equals_statsmodels():
    ttost_paired = pytest.importorskip("statsmodels.stats.weightstats").ttost_paired
    p, lower, upper = ttost_paired(np.array(DIFFERENCES), np.zeros(len(DIFFERENCES)), -0.05, 0.05)
    found = two_one_sided(DIFFERENCES, 0.05)
    assert found.p == pytest.approx(p)
    assert found.p_not_lower == pytest.approx(lower[1])
    assert found.p_not_higher == pytest.approx(upper[1])


def test_equal_differences_are_taken_at_their_word():
    assert two_one_sided([0.01] * 3, 0.02).p == 0
    assert two_one_sided([0.03] * 3, 0.02).p == 1
    assert two_one_sided([0.01], 0.02).p is None
    with pytest.raises(ValueError, match="a margin of 0; expected a positive number, in the unit of the metric"):
        two_one_sided([0.1, 0.2], 0)


@pytest.mark.parametrize(("n", "power"), [(10, 0.8), (5, 0.9), (138, 0.8)])
def test_the_detectable_difference_equals_statsmodels(n, power):
    solver = pytest.importorskip("statsmodels.stats.power").TTestPower()
    expected = solver.solve_power(nobs=n, alpha=0.05, power=power, alternative="two-sided")
    assert detectable_difference(0.02, n, power=power) == pytest.approx(0.02 * expected, rel=1e-5)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_the_detectable_difference_of_few_pairs_is_detected_as_often_as_it_says(n):
    # Student's t is a normal variable over a chi one: their joint chance, integrated, knows nothing of SciPy's nct.
    found = detectable_difference(1.0, n)
    assert found is not None
    noncentrality, df = found * math.sqrt(n), n - 1
    critical = stats.t.ppf(0.975, df)

    def inside(scale):
        within = stats.norm.cdf(critical * scale - noncentrality) - stats.norm.cdf(-critical * scale - noncentrality)
        return within * stats.chi.pdf(scale * math.sqrt(df), df) * math.sqrt(df)

    assert 1 - integrate.quad(inside, 0, np.inf)[0] == pytest.approx(0.8, abs=1e-6)


def test_one_pair_detects_nothing_and_no_spread_everything():
    assert detectable_difference(0.1, 1) is None
    assert detectable_difference(0.0, 5) == 0
    assert detectable_difference(math.nan, 5) is None


def test_normality_equals_scipy_and_its_note_says_what_to_read():
    found = normality(DIFFERENCES)
    assert (found.w, found.p) == pytest.approx(tuple(stats.shapiro(DIFFERENCES)))
    assert found.note == "not rejected (only 10 pairs)"
    skewed = np.random.default_rng(0).lognormal(0, 1.5, 60).tolist()
    assert normality(skewed).note == "not normal: read Wilcoxon and the bootstrap rather than t"
    assert normality(stats.norm.ppf((np.arange(40) + 0.5) / 40).tolist()).note == "not rejected"
    assert normality([0.1] * 5).note == "all differences are equal"


def test_the_cluster_bootstrap_of_single_slices_equals_scipys_bootstrap():
    found = cluster_bootstrap([[value] for value in DIFFERENCES], resamples=20000)
    expected = stats.bootstrap((DIFFERENCES,), np.mean, method="percentile", n_resamples=20000, rng=1)
    assert found == pytest.approx(expected.confidence_interval, abs=4e-4)


def test_the_spread_of_the_cluster_bootstrap_is_the_one_that_theory_gives():
    """Variance of a two-stage bootstrap: between volumes over n, and the mean of each volume's own over m and n."""
    generator = np.random.default_rng(3)
    clusters = [
        list(generator.normal(level, 0.05, m)) for level, m in zip((0.1, 0.3, 0.2, 0.6), (5, 9, 3, 12), strict=True)
    ]
    between = np.var([np.mean(cluster) for cluster in clusters])
    within = np.mean([np.var(cluster) / len(cluster) for cluster in clusters])
    drawn = known(cluster_means(clusters, resamples=40000, seed=0))
    assert np.var(drawn) == pytest.approx((between + within) / 4, rel=0.03)
    assert np.mean(drawn) == pytest.approx(np.mean([np.mean(cluster) for cluster in clusters]), abs=2e-3)


def test_slices_of_few_volumes_do_not_narrow_the_interval_as_independent_ones_would():
    clusters = [[level] * 100 for level in (0.0, 0.1, 0.2, 0.3)]
    low, high = cluster_bootstrap(clusters)
    assert known(high) - known(low) > 0.15
    assert cluster_bootstrap([[0.1, 0.2]]) == (None, None)
    with pytest.raises(ValueError, match="a cluster without a number; expected at least one slice a volume"):
        cluster_bootstrap([[0.1], []])


def test_the_bootstrap_is_the_same_each_time_it_is_asked():
    clusters = np.random.default_rng(0).normal(size=(5, 4)).tolist()
    assert cluster_bootstrap(clusters) == cluster_bootstrap(clusters)
    assert cluster_bootstrap(clusters) != cluster_bootstrap(clusters, seed=1)


def test_the_mixed_model_of_a_balanced_design_is_an_analysis_of_variance():
    """Equal numbers of slices: the mean is the grand mean, its error that of the volumes' means, worked out by hand."""
    generator = np.random.default_rng(5)
    clusters = [list(generator.normal(level, 0.02, 6)) for level in generator.normal(0.05, 0.05, 8)]
    found = mixed_model(clusters)
    means = np.mean(clusters, axis=1)
    error = means.std(ddof=1) / math.sqrt(8)
    assert (found.slices, found.volumes, found.note) == (48, 8, "")
    assert found.estimate == pytest.approx(means.mean())
    assert (found.low, found.high) == pytest.approx(
        (means.mean() - 1.959964 * error, means.mean() + 1.959964 * error), rel=1e-3
    )
    assert found.p == pytest.approx(2 * stats.norm.sf(means.mean() / error), rel=1e-2)
    mean_square_within = np.mean([np.var(cluster, ddof=1) for cluster in clusters])
    between = means.var(ddof=1) - mean_square_within / 6
    assert found.share_between == pytest.approx(between / (between + mean_square_within), rel=1e-3)


@pytest.mark.parametrize(
    ("clusters", "note"),
    [
        ([], "0 volume; a random effect needs two or more"),
        ([[0.1, 0.2]], "1 volume; a random effect needs two or more"),
        ([[0.1], [0.2]], "one slice a volume: slices and volumes cannot be told apart"),
        ([[0.1, 0.1], [0.1]], "all differences are equal"),
    ],
)
def test_a_mixed_model_that_cannot_be_fitted_says_why(clusters, note):
    found = mixed_model(clusters)
    assert (found.estimate, found.note) == (None, note)


def test_a_variance_at_its_boundary_is_a_note_and_no_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = mixed_model([[0.1, -0.1, 0.2, -0.2], [0.1, -0.1, 0.21, -0.2], [-0.1, 0.1, 0.2, -0.21]])
    assert found.note
    assert found.estimate == pytest.approx(0, abs=0.01)


def test_the_lag_one_correlation_equals_statsmodels_for_one_series():
    acf = pytest.importorskip("statsmodels.tsa.stattools").acf
    series = np.cumsum(np.random.default_rng(2).normal(size=60))
    found = dependence([list(enumerate(series.tolist()))])
    r = acf(series, nlags=1)[1]
    assert found.lag1 == pytest.approx(r)
    assert found.effective_n == pytest.approx(60 * (1 - r) / (1 + r))


def test_a_gap_between_slices_breaks_the_series_and_volumes_are_not_joined():
    joined = dependence([[(0, 1.0), (1, 2.0), (5, 3.0)], [(6, 9.0), (7, 10.0)]])
    # Centred: -1, 0, 1 and -0.5, 0.5. Neighbours: (-1)(0) and (-0.5)(0.5). Squares: 2 and 0.5.
    assert joined.lag1 == pytest.approx(-0.25 / 2.5)
    assert joined.effective_n == 5  # never more than there are
    assert dependence([[(0, 1.0), (1, 1.0)]]) == (2, None, None)
    assert dependence([[]]) == (0, None, None)


def test_an_autoregression_of_the_published_strength_leaves_an_eighth_of_its_slices():
    generator = np.random.default_rng(7)
    series = [0.0]
    for _ in range(20000):
        series.append(0.77 * series[-1] + generator.normal())
    found = dependence([list(enumerate(series))])
    assert found.lag1 == pytest.approx(0.77, abs=0.02)
    assert known(found.effective_n) / found.n == pytest.approx(0.23 / 1.77, abs=0.02)


def test_descriptions_equal_numpys():
    found = describe(DIFFERENCES)
    expected = (len(DIFFERENCES), np.mean(DIFFERENCES), np.median(DIFFERENCES), np.std(DIFFERENCES, ddof=1))
    assert found[:4] == pytest.approx(expected)
    assert (found.least, found.greatest) == (-0.013, 0.052)
    assert describe([0.5]).sd is None
    assert describe([]) == (0, None, None, None, None, None)


def test_a_spread_is_what_matplotlib_would_draw():
    cbook = pytest.importorskip("matplotlib.cbook") if _has("matplotlib") else None
    values = [*DIFFERENCES, 0.4, -0.3]
    found = known(spread(values))
    q1, q3 = np.quantile(values, [0.25, 0.75])
    assert (found.q1, found.q3, found.iqr) == pytest.approx((q1, q3, q3 - q1))
    assert [values[at] for at in found.outliers] == [-0.3, 0.4]
    assert (found.whisker_low, found.whisker_high) == (-0.013, 0.052)
    if cbook is not None:
        (drawn,) = cbook.boxplot_stats(values)
        assert (found.whisker_low, found.whisker_high) == (drawn["whislo"], drawn["whishi"])
    assert spread([]) is None


def _has(name):
    from importlib.util import find_spec

    return find_spec(name) is not None


def test_shares_turn_round_where_less_is_better():
    a, b = [1.0, 2.0, 3.0], [2.0, 1.0, 5.0]
    assert shares(a, b) == pytest.approx((2 / 3, 1 / 3, 0))
    assert shares(a, b, higher_is_better=False) == pytest.approx((1 / 3, 2 / 3, 0))
    assert shares([], []) == (None, None, None)


def test_a_correlation_equals_scipys_and_the_interval_is_fishers():
    x = [float(value) for value in range(10)]
    found = correlation(x, DIFFERENCES)
    expected = stats.pearsonr(x, DIFFERENCES)
    assert (found.r, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    half = 1.959964 / math.sqrt(7)
    assert (found.low, found.high) == pytest.approx(
        (math.tanh(math.atanh(known(found.r)) - half), math.tanh(math.atanh(known(found.r)) + half)), rel=1e-5
    )
    assert found.rho == pytest.approx(stats.spearmanr(x, DIFFERENCES).statistic)


def test_an_undefined_number_is_no_pair_and_a_constant_has_no_correlation():
    assert correlation([1.0, 2.0, math.nan, 4.0], [1.0, 2.0, 3.0, 5.0]).n == 3
    assert correlation([1.0, 1.0, 1.0], [1.0, 2.0, 3.0]).r is None
    assert correlation([1.0, 2.0], [1.0, 2.0]).r is None


def test_what_differs_by_rounding_alone_has_no_correlation_and_no_warning():
    scores = np.array([0.91, 0.83, 0.37, 0.12])
    alike = (scores + 0.03) - scores  # 0.03 four times, but for the last bits
    assert np.ptp(alike) > 0
    for pairs in ((scores, alike), (alike, scores)):
        assert correlation(*(side.tolist() for side in pairs)).r is None
    assert correlation(scores.tolist(), (1e-9 * scores).tolist()).r == pytest.approx(1)  # small is not constant


def test_positions_fall_into_bins_and_undefined_ones_into_none():
    bins = position_bins([0.0, 0.05, 0.1, 1.0, math.nan], [0.2, 0.4, 0.6, 0.8, 1.0])
    assert [(part.n, part.mean) for part in bins][:2] == [(2, pytest.approx(0.3)), (1, 0.6)]
    assert (bins[-1].n, bins[-1].mean) == (1, 0.8)
    assert bins[5] == (0.5, 0.6, 0, None)


def test_the_best_one_per_cent_of_two_hundred_slices_are_two():
    at = np.linspace(0, 1, 200)
    score = 1 - np.abs(at - 0.4)
    best = known(best_slices(at.tolist(), score.tolist(), 0.01))
    order = np.argsort(-score)[:2]
    assert best.n == 2
    assert (best.first, best.last) == (at[order].min(), at[order].max())
    assert best_slices([], [], 0.01) is None
    assert known(best_slices([0.2], [0.9], 0.01)).n == 1


def test_a_ratio_of_medians_has_an_interval_that_covers_it():
    """Independent samples: the bootstrap's interval covers the true ratio about as often as it says."""
    generator = np.random.default_rng(11)
    covered = 0
    for seed in range(150):
        new, old = generator.lognormal(math.log(1.2), 0.1, (2, 1, 40)), generator.lognormal(0, 0.1, (1, 40))
        found = median_ratio([new[0, 0].tolist()], old.tolist(), resamples=200, seed=seed)
        covered += known(found.low) <= 1.2 <= known(found.high)
    assert 0.88 <= covered / 150 <= 1


def test_neighbours_that_are_alike_widen_the_interval():
    generator = np.random.default_rng(1)
    noise = generator.normal(0, 0.05, 216)
    drift = np.repeat(generator.normal(0, 0.05, 36), 6)
    steady = [[1.0] * 216]
    independent = median_ratio([np.exp(noise).tolist()], steady)
    drifting = median_ratio([np.exp(drift).tolist()], steady)
    widths = [math.log(known(it.high) / known(it.low)) for it in (drifting, independent)]
    assert widths[0] > 1.4 * widths[1]


def test_each_volume_counts_alike_in_a_ratio_of_medians():
    found = median_ratio([[2.0] * 3, [8.0] * 30], [[1.0] * 3, [2.0] * 30])
    assert found.ratio == pytest.approx(math.sqrt(8))
    assert found.p_slower == 0


def test_times_that_cannot_be_compared_are_refused():
    with pytest.raises(ValueError, match="1 strata against 2; expected as many on both sides, none empty"):
        median_ratio([[1.0]], [[1.0], [1.0]])
    with pytest.raises(ValueError, match="a time of 0 s or less has no logarithm"):
        median_ratio([[0.0]], [[1.0]])
    assert median_ratio([[1.0]], [[2.0]]) == (1, 0.5, None, None, None)
