"""Rankings against scipy, a printed table (Demšar 2006) and counting by hand."""

import itertools
import math
from typing import Literal

import numpy as np
import pytest
from scipy import stats

from bench_cases.analysis.statistics.critical_difference import critical_difference
from bench_cases.analysis.statistics.holm import holm
from bench_cases.analysis.statistics.rank_stability import rank_stability
from bench_cases.analysis.statistics.ranks import rank, volume_ranks
from bench_cases.analysis.statistics.significance_map import significance_map

# Demšar (2006), table 6: AUC of C4.5 with m = 0, cf = 0; with m tuned; with cf tuned; with both tuned, on 14 data sets.
DEMSAR = np.array([
    (0.763, 0.768, 0.771, 0.798), (0.599, 0.591, 0.590, 0.569), (0.954, 0.971, 0.968, 0.967),
    (0.628, 0.661, 0.654, 0.657), (0.882, 0.888, 0.886, 0.898), (0.936, 0.931, 0.916, 0.931),
    (0.661, 0.668, 0.609, 0.685), (0.583, 0.583, 0.563, 0.625), (0.775, 0.838, 0.866, 0.875),
    (1.000, 1.000, 1.000, 1.000), (0.940, 0.962, 0.965, 0.962), (0.619, 0.666, 0.614, 0.669),
    (0.972, 0.981, 0.9751, 0.975), (0.957, 0.978, 0.946, 0.970),
])  # fmt: skip


def test_the_printed_example_of_critical_differences_comes_out():
    """Average ranks 3.143, 2.000, 2.893, 1.964; chi-square 9.28; CD 1.25 at 5 % (Demšar 2006, section 3.2.2)."""
    found = critical_difference(DEMSAR)
    assert found.mean_rank == pytest.approx([3.143, 2.000, 2.893, 1.964], abs=5e-4)
    assert found.difference == pytest.approx(2.569 * math.sqrt(4 * 5 / (6 * 14)), abs=1e-3)
    # Demšar's 9.28 is without the correction for ties; scipy's, as ours, has it.
    assert found.friedman == pytest.approx(stats.friedmanchisquare(*DEMSAR.T).statistic)
    assert found.p == pytest.approx(stats.friedmanchisquare(*DEMSAR.T).pvalue)
    assert 12 * 14 / 20 * (float((found.mean_rank**2).sum()) - 25) == pytest.approx(9.28, abs=0.01)


def test_nobody_is_told_apart_where_ranks_lie_within_the_critical_difference():
    found = critical_difference(DEMSAR)
    assert found.cliques == ((3, 1, 2, 0),)
    clear = critical_difference(np.tile([0.9, 0.5, 0.49, 0.1], (30, 1)))
    # 30 volumes: CD 0.86, ranks 1, 2, 3, 4 with no noise at all.
    assert clear.cliques == ()
    ties = critical_difference(np.ones((5, 3)))
    assert (ties.friedman, ties.p) == (None, None)
    assert ties.cliques == ((0, 1, 2),)


def test_groups_of_a_diagram_overlap():
    ranks = np.array([[1, 2, 3, 4]] * 8 + [[2, 1, 4, 3]] * 4)
    found = critical_difference(-ranks)
    assert found.mean_rank == pytest.approx([4 / 3, 5 / 3, 10 / 3, 11 / 3])
    assert found.difference == pytest.approx(1.354, abs=1e-3)
    assert found.cliques == ((0, 1), (2, 3))


def test_ranks_share_ties_and_turn_round_where_less_is_better():
    scores = [[0.9, 0.7, 0.9], [0.1, 0.2, 0.3]]
    assert volume_ranks(scores).tolist() == [[1.5, 3.0, 1.5], [3.0, 2.0, 1.0]]
    assert volume_ranks(scores, higher_is_better=False).tolist() == [[2.5, 1.0, 2.5], [1.0, 2.0, 3.0]]


def test_ranks_of_resamples_are_those_of_each_on_its_own():
    drawn = np.random.default_rng(0).integers(14, size=(5, 14))
    together = rank(DEMSAR[drawn])
    for number, one in enumerate(drawn):
        alone = rank(DEMSAR[one])
        assert together.mean_rank[number] == pytest.approx(alone.mean_rank)
        assert together.rank_of_means[number].tolist() == alone.rank_of_means.tolist()


def test_stability_equals_every_possible_resample_counted_by_hand():
    scores = np.array([[0.9, 0.8], [0.5, 0.7], [0.6, 0.4]])
    everything = [rank(scores[list(one)]).rank_of_mean_rank for one in itertools.product(range(3), repeat=3)]
    first = np.mean([ranks == ranks.min() for ranks in everything], axis=0)
    found = rank_stability(scores, resamples=20000)
    assert found.first == pytest.approx(first, abs=0.015)
    whole = rank(scores).rank_of_mean_rank
    taus = [stats.kendalltau(whole, ranks).statistic for ranks in everything]
    assert found.kendall_tau == pytest.approx(np.nanmean(taus), abs=0.02)


def test_kendalls_tau_of_resamples_equals_scipys():
    found = rank_stability(DEMSAR, resamples=60, seed=4)
    drawn = np.random.default_rng(4).integers(14, size=(60, 14))
    whole = rank(DEMSAR).rank_of_mean_rank
    taus = [stats.kendalltau(whole, rank(DEMSAR[one]).rank_of_mean_rank).statistic for one in drawn]
    assert found.kendall_tau == pytest.approx(np.mean(taus))
    assert rank_stability(np.ones((4, 3)), resamples=10).kendall_tau is None


def test_a_significance_map_is_one_sided_wilcoxon_tests_adjusted_by_holm():
    found = significance_map(DEMSAR)
    pairs = [(i, j) for i in range(4) for j in range(4) if i != j]
    raw = []
    for i, j in pairs:
        values = DEMSAR[:, i] - DEMSAR[:, j]
        values = values[values != 0]
        exact = len(np.unique(np.abs(values))) == len(values)
        method: Literal["exact", "approx"] = "exact" if exact else "approx"
        raw.append(float(stats.wilcoxon(values, alternative="greater", method=method).pvalue))
    assert [found[pair] for pair in pairs] == pytest.approx(holm(raw))
    assert np.isnan(np.diag(found)).all()
    assert significance_map(np.ones((5, 2)))[0, 1] == 1
    less = significance_map(-DEMSAR, higher_is_better=False)
    assert less[1, 0] == pytest.approx(found[1, 0])
