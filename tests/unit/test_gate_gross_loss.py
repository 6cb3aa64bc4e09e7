"""A model that is plainly worse on three volumes is a regression, and what is undecided says what would decide it."""

import dataclasses
import re

import numpy as np
import pytest
from scipy import stats

from bench_cases.analysis.gate.config import GateConfig
from bench_cases.analysis.gate.error_rates import BEGIN, END, simulate, tables
from bench_cases.analysis.gate.gate import judge
from bench_cases.analysis.gate.power import in_words
from bench_cases.analysis.gate.rule import decide, is_gross, mean_loss
from bench_cases.analysis.gate.verdict import Undecided, Verdict, exit_status
from bench_cases.analysis.statistics.detectable import MOST_PAIRS, detectable_difference, pairs_needed
from bench_cases.cli import main
from bench_cases.errors import ConfigError
from tests.narrow import known
from tests.report.study_examples import scored, study, written

QUIET = GateConfig(speed=(), memory_limit=None)
UNEVEN = (0.13, 0.21, 0.82)


def lowered(results, losses):
    return [
        scored(it.case.volume, [value - loss for value in it.scores.per_slice.dice], model=it.case.model)
        for it, loss in zip(results, losses, strict=True)
    ]


@pytest.fixture
def base(tmp_path):
    return written(tmp_path / "base.json", study({"m": 0.0}, volumes=3))


def quality(run, base, config=QUIET):
    return [it for it in judge(run, base, config) if it.kind == "quality"]


def test_a_gross_uneven_loss_on_three_volumes_is_a_regression_that_no_test_could_show(tmp_path, base):
    run = written(tmp_path / "run.json", lowered(base.results, UNEVEN))
    alone = quality(run, base, dataclasses.replace(QUIET, gross_loss=None))
    assert {it.outcome for it in alone} == {"undecided"}
    assert stats.ttest_1samp(UNEVEN, 0, alternative="greater").pvalue > 0.05
    found = quality(run, base)
    assert {it.outcome for it in found} == {"regression"}
    assert found[0].reason.endswith("; gross: most volumes lost more than the margin, and the mean of all is above 0.1")


@pytest.mark.parametrize(
    ("losses", "more_data", "why"),
    [
        ((0.0, 0.0, 0.6), False, "one volume alone lost, and so much that nobody may let it through"),
        ((0.0, 0.0, 0.33), False, "the worst alone is too much, the mean is not"),
        ((0.0, 0.005, 0.299), False, "the mean alone is too much, the worst is not"),
        ((0.02, 0.03, 0.2), True, "the mean is below the limit"),
    ],
)
def test_what_one_volume_does_alone_is_not_gross(tmp_path, base, losses, more_data, why):
    found = quality(written(tmp_path / "run.json", lowered(base.results, losses)), base)
    assert {(it.outcome, it.more_data) for it in found} == {("undecided", more_data)}, why


def test_a_model_that_collapses_on_two_of_three_volumes_is_a_regression(tmp_path, base):
    """What breaks a model may leave one volume whole: +0.66, +0.47 and nothing were once let through as noise."""
    found = quality(written(tmp_path / "run.json", lowered(base.results, (0.66, 0.47, 0.0))), base)
    assert {it.outcome for it in found} == {"regression"}


def test_a_collapse_of_one_volume_is_not_let_through_by_a_switch(tmp_path, base):
    run = written(tmp_path / "run.json", lowered(base.results, (0.0, 0.0, 0.8)))
    config = dataclasses.replace(QUIET, gross_loss=None)
    found = quality(run, base, config)
    assert exit_status(found, undecided="pass") == 2
    assert found[0].reason.endswith(
        "one volume lost more than 0.3 (worst_loss): look at it, --undecided pass does not let it through"
    )
    off = dataclasses.replace(config, worst_loss=None)
    assert exit_status(quality(run, base, off), undecided="pass") == 0


def test_a_collapse_is_not_let_through_for_want_of_pairs_either(tmp_path):
    two, lower = study({"m": 0.0}, volumes=2), study({"m": -0.5}, volumes=2)
    found = quality(written(tmp_path / "run.json", lower), written(tmp_path / "base.json", two))
    assert {it.outcome for it in found} == {"undecided"}
    assert exit_status(found, undecided="pass") == 2


def test_a_gain_is_called_a_gain_and_no_volume_lost_may_be_a_pass(tmp_path, base):
    """One volume better, the others the same: the spread of so few pairs proves nothing, and nothing was lost."""
    run = written(tmp_path / "run.json", lowered(base.results, (0.0, -0.03, 0.0)))
    found = quality(run, base)
    assert {it.outcome for it in found} == {"undecided"}
    assert found[0].reason.startswith("gained 0.0100, 95 % upper bound of a loss +0.0192, margin 0.01, 3 volumes")
    assert "; no volume lost more than the margin ([quality] each_within = true makes that a pass)" in found[0].reason
    within = dataclasses.replace(QUIET, each_within=True)
    assert {it.outcome for it in quality(run, base, within)} == {"pass"}
    worse = written(tmp_path / "worse.json", lowered(base.results, (0.0, -0.05, 0.02)))
    assert {it.outcome for it in quality(worse, base, within)} == {"undecided"}


def test_a_gross_loss_that_the_test_shows_too_is_not_called_gross(tmp_path, base):
    found = quality(written(tmp_path / "run.json", lowered(base.results, (0.300, 0.301, 0.302))), base)
    assert {it.outcome for it in found} == {"regression"}
    assert not any("gross" in it.reason for it in found)


def test_the_limit_is_read_by_metric_and_can_be_switched_off(tmp_path):
    path = tmp_path / "gate.toml"
    path.write_text("[quality]\ngross_loss = 0.2\n[quality.gross_losses]\nhd95 = 5\n")
    config = GateConfig.read(path)
    assert [config.gross_of(name) for name in ("dice", "hd95")] == [0.2, 5.0]
    assert [GateConfig().gross_of(name) for name in ("dice", "hd95")] == [0.1, 10.0]
    path.write_text("[quality]\nworst_loss = 0.4\neach_within = true\n[quality.worst_losses]\nnsd = 0.5\n")
    config = GateConfig.read(path)
    assert [config.worst_of(name) for name in ("dice", "hd95", "nsd")] == [0.4, 30.0, 0.5]
    assert config.each_within
    assert [GateConfig(worst_loss=None).worst_of(name) for name in ("dice", "hd95")] == [None, None]
    path.write_text("[quality]\ngross_loss = false\n[quality.gross_losses]\nnsd = 0.3\n")
    config = GateConfig.read(path)
    assert [config.gross_of(name) for name in ("dice", "hd95", "nsd")] == [None, None, 0.3]
    for text, message in (
        ("gross_loss = 0", r"\[quality\] gross_loss is 0; expected a number between 0 and 1"),
        ("gross_loss = true", r"gross_loss is True; expected a number"),
        ("worst_loss = 1.5", r"\[quality\] worst_loss is 1.5; expected a number between 0 and 1"),
        ("each_within = 1", r"\[quality\] each_within is 1; expected true or false"),
        ("gross_losses = 1", r"gross_losses is 1; expected a table of metric = margin"),
    ):
        path.write_text(f"[quality]\n{text}\n")
        with pytest.raises(ConfigError, match=message):
            GateConfig.read(path)


def test_a_gross_loss_is_one_of_most_volumes_and_above_its_limit_in_the_mean():
    losses = [[0.02, 0.2, 0.2], [0.01, 0.5, 0.5], [0.2, 0.2, -0.2], [0.9, 0.01, 0.0], [0.05, 0.06, 0.07]]
    assert is_gross(losses, margin=0.01, limit=0.1).tolist() == [True, True, False, False, False]
    assert not is_gross([[0.5, 0.5, 0.0, 0.0]], margin=0.01, limit=0.1).any(), "half is not most"
    assert not is_gross(losses, margin=0.01, limit=None).any()
    assert decide([1.0, 1.0], [0.9, 0.9], 0.01, alpha=0.05, gross=[True, False]).tolist() == ["regression", "undecided"]


# ------------------------------------------------------------------------------------------------ what would decide


@pytest.mark.parametrize(("effect", "alpha", "power"), [(1.0, 0.05, 0.8), (0.3, 0.05 / 6, 0.8), (2.5, 0.05, 0.9)])
def test_the_pairs_that_are_needed_equal_statsmodels(effect, alpha, power):
    solver = pytest.importorskip("statsmodels.stats.power").TTestPower()
    n = known(pairs_needed(effect * 0.02, 0.02, alpha=alpha, power=power))
    assert solver.power(effect, n, alpha, alternative="larger") >= power
    assert solver.power(effect, n - 1, alpha, alternative="larger") < power


def test_no_number_of_pairs_shows_nothing_and_few_show_much():
    assert pairs_needed(0.0, 1.0) is None
    assert pairs_needed(1e-4, 1.0) is None
    assert pairs_needed(100.0, 1.0) == 2
    assert known(pairs_needed(0.03, 1.0)) <= MOST_PAIRS


def test_the_detectable_difference_is_found_at_every_level():
    """Where scipy's non-central t has no number for the far tail, which is next to nothing."""
    for n in (2, 3, 10):
        for alpha in np.geomspace(1e-4, 0.2, 7):
            found = known(detectable_difference(1.0, n, alpha=float(alpha)))
            critical = stats.t.ppf(1 - alpha / 2, n - 1)
            assert stats.nct.sf(critical, n - 1, found * n**0.5) == pytest.approx(0.8, abs=0.002)


def test_an_undecided_loss_says_what_three_volumes_show_and_how_many_would_decide(tmp_path, base):
    losses = np.array([0.0, 0.005, 0.25])
    found = quality(written(tmp_path / "run.json", lowered(base.results, losses)), base)
    sd = losses.std(ddof=1)
    least = detectable_difference(sd, 3, alpha=2 * 0.05 / 2)
    needed = pairs_needed(losses.mean(), sd, alpha=0.05 / 2)
    power = f"(with this spread, 3 volumes detect only losses of {least:.3g} or more; about {needed} would be needed "
    assert power + "to show this one)" in found[0].reason
    assert found[0].more_data


def test_a_small_loss_says_how_many_volumes_would_show_it_within_the_margin():
    losses = np.array([0.0, 0.002, 0.02])
    needed = pairs_needed(0.01 - float(losses.mean()), float(losses.std(ddof=1)))
    told = in_words(losses, margin=0.01, alpha=0.05, family=6)
    assert told.endswith(f"about {needed} would be needed to confirm the margin")
    told = in_words(np.array([9.0, 11.0, 10.0]), margin=10.0, alpha=0.05, family=1, unit=" mm")
    assert re.search(
        r"losses of [\d.]+ mm or more; more than could be had would be needed to confirm the margin$", told
    )


# ------------------------------------------------------------------------------------------------ exit statuses


def verdict(outcome, *, more_data=False):
    return Verdict(outcome=outcome, kind="quality", subject="a", reason="b", more_data=more_data)


@pytest.mark.parametrize(
    ("found", "statuses"),
    [
        ([], (0, 0, 0)),
        ([verdict("undecided", more_data=True)], (2, 1, 0)),
        ([verdict("undecided")], (2, 2, 2)),
        ([verdict("undecided", more_data=True), verdict("undecided")], (2, 1, 2)),
        ([verdict("undecided", more_data=True), verdict("regression")], (1, 1, 1)),
    ],
)
def test_only_what_more_data_would_decide_is_let_through_or_failed(found, statuses):
    choices: tuple[Undecided, ...] = ("apart", "fail", "pass")
    assert tuple(exit_status(found, undecided=choice) for choice in choices) == statuses


def test_the_command_takes_the_choice_and_says_what_it_did(tmp_path, base, capsys):
    run = written(tmp_path / "run.json", lowered(base.results, (0.0, 0.005, 0.25)))
    config = tmp_path / "gate.toml"
    config.write_text("[speed]\nstages = []\n[memory]\nlimit = false\n")
    typed = ["gate", str(run.path), "--baseline", str(base.path), "--config", str(config)]
    for more, status, said in (
        ([], 2, "--undecided fail or --undecided pass chooses the exit status."),
        (["--undecided", "fail"], 1, "exit status 1 (--undecided fail)."),
        (["--undecided", "pass"], 0, "what only more data would decide was let through, not shown."),
    ):
        assert main([*typed, *more]) == status
        *_, verdicts, last = capsys.readouterr().out.splitlines()
        assert verdicts.startswith("UNDECIDED: 1 pass, 0 regression, 2 undecided; baseline ")
        assert last.endswith(said)
    other = [dataclasses.replace(it, digests={**it.digests, "data": "f" * 64}) for it in base.results]
    refused = written(tmp_path / "other.json", other)
    assert main(["gate", str(refused.path), "--baseline", str(base.path), "--undecided", "pass"]) == 2
    assert "--undecided" not in capsys.readouterr().out


# ------------------------------------------------------------------------------------------------ how often it errs


@pytest.mark.parametrize("volumes", [3, 10])
def test_the_gross_rule_adds_no_false_alarms_where_models_differ_by_half_its_limit(volumes):
    alone, both = (simulate(0.0, 0.05, volumes, gross=gross, runs=1000) for gross in (None, 0.1))
    assert both.regression <= 0.05 + 0.01
    assert both.regression - alone.regression <= 0.005


def test_a_gross_loss_on_three_volumes_is_found_and_the_test_alone_misses_it():
    alone, both = (simulate(0.2, 0.1, 3, gross=gross, runs=1000) for gross in (None, 0.1))
    assert alone.regression < 0.75
    assert both.regression > 0.95
    assert both.passed == 0


@pytest.mark.parametrize("losses", [(0.5, 0.0, 0.0), (0.5, 0.5, 0.0), (0.5, *[0.0] * 9)])
def test_no_collapse_is_let_through_by_a_switch(losses):
    found = simulate(losses, 0.02, len(losses), gross=0.1, runs=1000)
    assert found.let_through == 0


def test_the_worst_volume_holds_up_no_equal_models_where_volumes_differ_little():
    assert simulate(0.0, 0.05, 30, gross=0.1, runs=1000).held <= 0.001


def test_where_volumes_differ_as_much_as_the_limit_the_rule_raises_alarms_and_the_page_says_so(page):
    assert simulate(0.0, 0.1, 3, gross=0.1, runs=1000).regression > 0.1
    (row,) = re.findall(r"^\| 0\.1 \| ([\d.]+) → ([\d.]+);", page, flags=re.MULTILINE)[:1]
    assert float(row[1]) > 10 > float(row[0])


@pytest.fixture(scope="module")
def page(pytestconfig):
    return (pytestconfig.rootpath / "docs" / "gate.md").read_text(encoding="utf-8")


def test_the_page_holds_the_tables_that_the_simulation_makes(page):
    """With fewer runs: the same rows, and shares that differ by chance alone."""
    shown = page.partition(BEGIN)[2].partition(END)[0]
    made = tables(runs=300)
    number = r"\d+(?:\.\d+)?(?= →|;| \|)|(?<=→ )\d+\.\d+|(?<=; )\d+\.\d+"
    assert re.sub(number, "N", shown).strip() == re.sub(number, "N", made).strip()
    pairs = zip(re.findall(number, shown), re.findall(number, made), strict=True)
    assert all(abs(float(a) - float(b)) < 12 for a, b in pairs)
    assert mean_loss([0.1, 0.2, 0.3], alpha=0.05).mean == pytest.approx(0.2)
