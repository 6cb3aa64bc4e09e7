"""How often the gate errs, by simulation of its own rule on a thousand runs each.

Volumes: n = 10, differences between two runs of one model normal with a standard deviation of one margin, unless a test
says otherwise; four tests a run (metrics and strategies), correlated as those of one model are.
"""

import numpy as np
import pytest

from bench_cases.analysis.gate.rule import decide, mean_loss
from bench_cases.analysis.statistics.block_bootstrap import median_ratio
from tests.narrow import known

RUNS, TESTS, VOLUMES = 1000, 4, 10
MARGIN, ALPHA = 0.01, 0.05


def simulated(loss, *, sd=MARGIN, volumes=VOLUMES, shared=0.5, seed=0, noise="normal"):
    """Return the verdicts of all tests of all runs, shape ``(RUNS, TESTS)``."""
    generator = np.random.default_rng(seed)

    def draw(size):
        # Student's t with 3 degrees of freedom, scaled to a variance of 1: outliers as segmentation has them.
        return generator.standard_normal(size) if noise == "normal" else generator.standard_t(3, size) / np.sqrt(3)

    common = draw((RUNS, 1, volumes))
    own = draw((RUNS, TESTS, volumes))
    losses = loss + sd * (np.sqrt(shared) * common + np.sqrt(1 - shared) * own)
    found = mean_loss(losses, alpha=ALPHA)
    return decide(found.upper, found.p, MARGIN, alpha=ALPHA)


@pytest.mark.parametrize("sd", [0.2 * MARGIN, MARGIN, 5 * MARGIN])
@pytest.mark.parametrize("volumes", [3, 10, 138])
def test_identical_models_raise_a_false_alarm_in_at_most_five_per_cent_of_runs(sd, volumes):
    """However noisy, and however few the volumes: what is too noisy is undecided."""
    alarms = (simulated(0.0, sd=sd, volumes=volumes) == "regression").any(axis=1)
    assert alarms.mean() <= 0.05


def test_outliers_raise_no_more_false_alarms():
    alarms = (simulated(0.0, sd=3 * MARGIN, noise="heavy") == "regression").any(axis=1)
    assert alarms.mean() <= 0.05


@pytest.mark.parametrize("seed", range(3))
def test_a_drop_of_one_and_a_half_margins_is_found_in_ninety_per_cent_of_runs(seed):
    """n = 10 volumes, sd one margin, in every test of the run or in one alone."""
    everywhere = (simulated(1.5 * MARGIN, seed=seed) == "regression").any(axis=1)
    assert everywhere.mean() >= 0.90
    alone = simulated(np.array([1.5 * MARGIN, 0, 0, 0])[None, :, None], seed=seed)[:, 0] == "regression"
    assert alone.mean() >= 0.90


@pytest.mark.parametrize("sd", [0.5 * MARGIN, MARGIN, 4 * MARGIN])
def test_a_loss_of_the_whole_margin_passes_in_at_most_five_per_cent(sd):
    passed = simulated(MARGIN, sd=sd) == "pass"
    assert passed.mean(axis=0).max() <= 0.065  # 5 % and two standard errors of a thousand runs


def test_identical_models_pass_where_the_volumes_allow_it():
    """n = 10 and sd of a quarter margin: nearly all pass outright; at sd of three margins hardly any can."""
    assert (simulated(0.0, sd=0.25 * MARGIN) == "pass").all(axis=1).mean() >= 0.99
    assert (simulated(0.0, sd=3 * MARGIN) == "pass").all(axis=1).mean() <= 0.1


def test_equal_speed_raises_a_false_alarm_in_at_most_five_per_cent_of_runs_and_a_slow_down_is_found():
    """Log-normal times, 10 % spread, neighbours alike (lag-1 r of 0.5), 3 volumes of 40 samples, limit 1.1."""
    generator = np.random.default_rng(1)

    def times(slower, runs):
        noise = generator.standard_normal((runs, 3, 41))
        alike = np.sqrt(0.5) * noise[..., 1:] + np.sqrt(0.5) * noise[..., :-1]
        return slower * np.exp(0.1 * alike)

    def alarms(slower, runs):
        new, old = times(slower, runs), times(1.0, runs)
        found = [
            median_ratio(a.tolist(), b.tolist(), confidence=1 - 2 * ALPHA, resamples=100, seed=seed)
            for seed, (a, b) in enumerate(zip(new, old, strict=True))
        ]
        decided = decide([[known(it.high)] for it in found], [[known(it.p_slower)] for it in found], 1.1, alpha=ALPHA)
        return float((decided == "regression").mean())

    assert alarms(1.0, RUNS) <= 0.05
    assert alarms(1.2, 200) >= 0.90
