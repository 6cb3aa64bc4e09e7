"""The tables of a comparison: each number against one that is computed another way, and the study in its own form."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from bench_cases.analysis.compare import between, within
from bench_cases.analysis.evidence import Method, evidence
from bench_cases.analysis.leaderboards import leaderboards
from bench_cases.analysis.models_compared import models_compared
from bench_cases.analysis.sheets.catalogue import SHEETS, sheets
from bench_cases.click_scores import area_under, to_reach
from bench_cases.clicks import ClickCurve
from bench_cases.errors import ReportError
from bench_cases.findings import SurfaceScores
from tests.report.study_examples import CORONACASES, RADIOPAEDIA, published, scored, study, written

METHOD = Method(resamples=400)


def made(comparison, name, **options):
    (sheet,) = sheets(comparison, names=[name], method=options.pop("method", METHOD), **{"rank_by": "model", **options})
    return sheet


def records(sheet):
    return [dict(zip((column.name for column in sheet.columns), row, strict=True)) for row in sheet.rows]


def one(sheet, **wanted):
    (found,) = [row for row in records(sheet) if all(row[name] == value for name, value in wanted.items())]
    return found


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    return within(written(tmp_path_factory.mktemp("two") / "A.json", study({"sam": 0.0, "sam2": 0.02})))


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    models = {"sam": 0.0, "sam2": 0.02, "sam3": 0.06, "old": -0.1}
    results = study(models) + study(models, dataset="radiopaedia", seed=3, volumes=4)
    return within(written(tmp_path_factory.mktemp("four") / "A.json", results))


def per_slice(result):
    assert result.scores is not None
    return result.scores.per_slice


def volume_means(comparison, label, metric="dice_nonempty"):
    return [getattr(result.scores, metric) for result in models_compared(comparison)[label].results]


# ----------------------------------------------------------------------------------------- the study, in its own form


@pytest.mark.parametrize(
    ("table", "jaccard", "dice", "slices"),
    [(CORONACASES, 91.89, 95.27, 2156), (RADIOPAEDIA, 90.27, 94.08, 817)],
)
def test_published_volume_means_weighted_by_slices_give_the_published_dataset_means(
    tmp_path, table, jaccard, dice, slices
):
    report = written(tmp_path / "A.json", [*published("sam", table, "ct"), *published("other", table, "ct")])
    summary = made(within(report, mode="paper"), "summary", mode="paper")
    for metric, expected in (("jaccard", jaccard), ("dice", dice)):
        row = one(summary, model="sam", metric=metric)
        assert row["n"] == slices
        assert 100 * row["mean"] == pytest.approx(expected, abs=0.01)


def test_the_published_comparison_comes_out_in_its_form(tmp_path):
    """SAM against SAM 2: the published mean delta on Coronacases, t negative, slices far too sure, volumes less so."""
    generator = np.random.default_rng(0)
    results = published("sam", CORONACASES, "coronacases")
    for volume, (slices, _, dice) in CORONACASES.items():
        # The published gain of 1.08 points of Dice, smooth along z, as no table says of which volume it is.
        gain = 0.0108 + generator.normal(0, 0.008) + 0.01 * np.sin(np.arange(slices) / 6)
        results.append(scored(volume, np.clip(dice + gain, 0, 1), model="sam2"))
    report = written(tmp_path / "A.json", results)
    paper, volumes = within(report, mode="paper"), within(report)
    by_slice, by_volume = one(made(paper, "tests"), metric="dice"), one(made(volumes, "tests"), metric="dice")
    assert by_slice["n"] == 2156
    assert by_volume["n"] == 10
    assert by_slice["t"] < by_volume["t"] < 0
    assert by_slice["p t"] < 1e-50 < by_volume["p t"] < 0.05
    likeness = one(made(paper, "dependence"), metric="dice")
    assert likeness["lag-1 r"] > 0.7
    assert likeness["effective n"] < 2156 / 4
    shown = [sheet.name for sheet in sheets(paper, mode="paper", method=METHOD, rank_by="model")]
    assert shown == ["differences", "tests", "dependence", "deltas"]


# ----------------------------------------------------------------------------------------- sheet by sheet


def test_differences_carry_the_interval_of_t_and_of_the_bootstrap(two):
    row = one(made(two, "differences"), metric="dice")
    a, b = volume_means(two, "sam"), volume_means(two, "sam2")
    interval = stats.ttest_rel(a, b).confidence_interval()
    assert (row["t low"], row["t high"]) == pytest.approx((interval.low, interval.high))
    assert row["d_z"] == pytest.approx(np.mean(np.subtract(a, b)) / np.std(np.subtract(a, b), ddof=1))
    assert row["bootstrap low"] < row["A - B"] < row["bootstrap high"]
    assert row["drawn"] == "volumes, slices"
    assert one(made(two, "differences"), metric="dice_all")["drawn"] == "volumes"
    assert made(two, "differences").notes[-1].startswith("Below 20 volumes the bootstrap interval")


def test_tests_are_adjusted_over_the_whole_table_and_tested_against_the_margin(two):
    rows = records(made(two, "tests", method=Method(margins={"dice": 0.05}, resamples=400)))
    multipletests = pytest.importorskip("statsmodels.stats.multitest").multipletests
    tested = [row for row in rows if row["p t"] is not None]
    assert len(tested) == 4
    assert [row["p t Holm"] for row in tested] == pytest.approx(
        multipletests([row["p t"] for row in tested], method="holm")[1]
    )
    dice = next(row for row in rows if row["metric"] == "dice")
    a, b = volume_means(two, "sam"), volume_means(two, "sam2")
    assert dice["p Wilcoxon"] == pytest.approx(stats.wilcoxon(a, b).pvalue)
    lower = stats.ttest_rel(a, np.subtract(b, 0.05), alternative="greater").pvalue
    upper = stats.ttest_rel(a, np.add(b, 0.05), alternative="less").pvalue
    assert dice["p TOST"] == pytest.approx(max(lower, upper))
    assert dice["within the margin"] == "equivalent"
    assert dice["margin"] == 0.05


@pytest.mark.parametrize(
    ("bonus", "sd", "conclusion"),
    [
        (0.0, 0.001, "equivalent"),
        (0.08, 0.01, "B not inferior"),
        (-0.08, 0.01, "A not inferior"),
        (0.0, 0.2, "not shown"),
    ],
)
def test_what_is_concluded_about_the_margin(tmp_path, bonus, sd, conclusion):
    report = written(tmp_path / "A.json", study({"a": 0.0, "b": bonus}, sd=sd))
    (found,) = evidence(within(report, metrics=["dice"]), METHOD)
    assert found.conclusion == conclusion


def test_a_distance_that_is_less_is_not_inferior(tmp_path):
    def measured(entry, hd95_mm):
        surface = SurfaceScores(tolerance_mm=1.0, hd95_mm=hd95_mm, nsd=0.9)
        return dataclasses.replace(entry, surface=surface)

    distances = {"a": [5.0, 6.0, 7.0, 5.5], "b": [2.0, 3.2, 4.0, 2.4]}
    results = [
        measured(scored(f"v{n}", [0.9], model=model), value)
        for model, values in distances.items()
        for n, value in enumerate(values)
    ]
    comparison = within(written(tmp_path / "A.json", results), metrics=["hd95", "nsd"])
    found, nsd = evidence(comparison, METHOD)
    assert found.row.estimate == pytest.approx(np.mean(np.subtract(distances["a"], distances["b"])))
    assert (found.conclusion, found.margin) == ("B not inferior", 1.0)
    assert nsd.row.verdict == "identical"
    assert one(made(comparison, "deltas"), metric="hd95")["improved"] == 1


def test_an_undefined_distance_is_left_out_by_name(tmp_path):
    surface = SurfaceScores(tolerance_mm=1.0, hd95_mm=None, nsd=0.0, undefined="nothing was predicted")
    results = [dataclasses.replace(scored("v1", [0.9], model=model), surface=surface) for model in ("a", "b")]
    comparison = within(written(tmp_path / "A.json", results), metrics=["hd95"])
    assert {left.reason for _, _, left in comparison.left_out} <= {
        "undefined: nothing was predicted in A", "undefined: nothing was predicted in B",
    }  # fmt: skip
    assert comparison.left_out


def test_runs_with_other_tolerances_are_not_compared(tmp_path):
    def with_tolerance(name, tolerance_mm):
        surface = SurfaceScores(tolerance_mm=tolerance_mm, hd95_mm=1.0, nsd=0.9)
        return written(tmp_path / name, [dataclasses.replace(scored("v1", [0.9]), surface=surface)])

    with pytest.raises(ReportError, match=r"the tolerance of the NSD of coronacases/v1 differ \(1.0 and 2.0\)"):
        between(with_tolerance("A.json", 1.0), with_tolerance("B.json", 2.0))


def test_latencies_are_ratios_with_both_intervals(tmp_path):
    results = [
        dataclasses.replace(scored(f"v{n}", [0.9], model=model), timings_s={"embed": [seconds, seconds, seconds]})
        for model, times in {"a": [0.2, 0.4, 0.3], "b": [0.1, 0.21, 0.16]}.items()
        for n, seconds in enumerate(times)
    ]
    row = one(made(within(written(tmp_path / "A.json", results)), "latency"), metric="embed")
    logs = np.log([0.2 / 0.1, 0.4 / 0.21, 0.3 / 0.16])
    assert row["ratio A / B"] == pytest.approx(math.exp(logs.mean()))
    interval = stats.ttest_1samp(logs, 0).confidence_interval()
    assert (row["t low"], row["t high"]) == pytest.approx((math.exp(interval.low), math.exp(interval.high)))
    assert math.exp(logs.min()) <= row["bootstrap low"] <= row["bootstrap high"] <= math.exp(logs.max())


def test_power_says_what_could_have_been_found(two):
    row = one(made(two, "power"), metric="dice")
    differences = np.subtract(volume_means(two, "sam"), volume_means(two, "sam2"))
    solver = pytest.importorskip("statsmodels.stats.power").TTestPower()
    effect = solver.solve_power(nobs=6, alpha=0.05, power=0.8, alternative="two-sided")
    assert row["detectable"] == pytest.approx(effect * differences.std(ddof=1), rel=1e-5)
    assert row["Shapiro W"] == pytest.approx(stats.shapiro(differences).statistic)


def test_deltas_are_quartiles_of_the_pairs_and_shares_of_them(tmp_path):
    a, b = [0.5, 0.6, 0.7, 0.8, 0.9], [0.6, 0.7, 0.6, 0.85, 0.2]
    results = [
        scored(f"v{n}", [value], model=m) for m, values in (("a", a), ("b", b)) for n, value in enumerate(values)
    ]
    comparison = within(written(tmp_path / "A.json", results), metrics=["dice"])
    row = one(made(comparison, "deltas"))
    delta = np.subtract(a, b)
    assert (row["q1"], row["median"], row["q3"]) == pytest.approx(tuple(np.quantile(delta, [0.25, 0.5, 0.75])))
    assert (row["improved"], row["worsened"], row["outliers"]) == (0.6, 0.4, 1)
    outlier = one(made(comparison, "outliers"))
    assert (outlier["volume"], outlier["slice"], outlier["A - B"]) == ("v4", None, pytest.approx(0.7))


def test_the_correlation_with_the_targets_area_is_that_of_the_raw_slices(two):
    row = one(made(two, "mask-size"), metric="dice", unit="slice")
    sides = models_compared(two)
    a, b = ([dice for result in sides[name].results for dice in per_slice(result).dice] for name in ("sam", "sam2"))
    size = [px for result in sides["sam"].results for px in per_slice(result).reference_px]
    expected = stats.pearsonr(size, np.array(a, float) - np.array(b, float))
    assert (row["r"], row["p"], row["n"]) == pytest.approx((expected.statistic, expected.pvalue, 72))
    assert one(made(two, "mask-size"), metric="dice", unit="volume")["n"] == 6


def test_the_position_of_slices_gives_a_curve_and_the_ranges_of_the_best(tmp_path):
    dice = 1 - np.abs(np.linspace(-1, 1, 201)) / 2
    results = [scored("v1", dice, model=model) for model in ("a", "b")]
    sheet = made(within(written(tmp_path / "A.json", results)), "position")
    curve = [row for row in records(sheet) if (row["model"], row["metric"], row["what"]) == ("a", "dice", "mean")]
    assert len(curve) == 10
    assert sum(row["slices"] for row in curve) == 201
    assert curve[0]["score"] == pytest.approx(np.mean(dice[:20]))
    best = one(sheet, model="a", metric="dice", what="best 1%")
    assert (best["slices"], best["from"], best["to"]) == (
        2,
        pytest.approx(0.5, abs=0.006),
        pytest.approx(0.5, abs=0.006),
    )
    assert one(sheet, model="a", metric="dice", what="best 2%")["slices"] == 4


def test_covariates_are_correlated_over_volumes(two):
    row = one(made(two, "covariates"), model="sam", metric="dice", against="thickness mm")
    expected = stats.pearsonr([1.0 + n for n in range(6)], volume_means(two, "sam"))
    assert (row["r"], row["p"]) == pytest.approx((expected.statistic, expected.pvalue))
    assert one(made(two, "covariates"), model="sam", metric="dice", against="depth")["r"] is None  # all equally deep


def interactive(model, volume, dice, *, allowed=2):
    """A case of two slices whose Dice after each click is given: one list a slice."""
    steps = list(zip(*dice, strict=True))
    mean = [float(np.mean(step)) for step in steps]
    curve = ClickCurve(
        allowed=allowed,
        dice_nonempty=mean,
        jaccard_nonempty=[it / (2 - it) for it in mean],
        dice_all=mean,
        jaccard_all=mean,
        area_dice=area_under(mean),
        area_jaccard=area_under([it / (2 - it) for it in mean]),
        to_reach=[to_reach("dice", dice, 0.85), to_reach("dice", dice, 0.9)],
    )
    case = scored(volume, steps[-1], model=model, strategy=f"every.point+clicks={allowed}")
    return dataclasses.replace(case, clicks=curve)


def test_clicks_are_compared_by_number_by_area_and_by_how_many_a_score_takes(tmp_path):
    results = [
        interactive("a", "v1", [[0.5, 0.7, 0.9], [0.6, 0.9, 0.9]]),
        interactive("a", "v2", [[0.2, 0.4, 0.6], [0.9, 0.9, 0.9]]),
        interactive("b", "v1", [[0.5, 0.9, 0.95], [0.6, 0.9, 0.95]]),
        interactive("b", "v2", [[0.2, 0.9, 0.95], [0.9, 0.9, 0.95]]),
    ]
    sheet = made(within(written(tmp_path / "A.json", results)), "clicks")
    assert [row["what"] for row in records(sheet) if row["metric"] == "dice"] == [
        *("after 0 clicks", "after 1 clicks", "after 2 clicks"),
        *("area under the curve", "clicks to 0.85", "clicks to 0.90"),
    ]
    first, last, area, reach = (
        one(sheet, metric="dice", what=what)
        for what in ("after 0 clicks", "after 2 clicks", "area under the curve", "clicks to 0.90")
    )
    assert (first["n"], first["A - B"], first["verdict"], first["never A"]) == (2, 0, "identical", None)
    assert (last["mean A"], last["mean B"]) == pytest.approx((0.825, 0.95))
    # By hand: the trapezoid rule over 0, 1, 2 clicks, divided by 2.
    assert area["mean A"] == pytest.approx(((0.55 / 2 + 0.8 + 0.9 / 2) / 2 + (0.55 / 2 + 0.65 + 0.75 / 2) / 2) / 2)
    assert (reach["mean A"], reach["mean B"]) == (1.25, 0.75)
    assert (reach["never A"], reach["never B"]) == (0.25, 0)
    assert reach["verdict"] == "constant"  # 0.5 clicks fewer in both volumes: no interval


def test_without_clicks_their_table_says_what_would_give_some(two):
    sheet = made(two, "clicks")
    assert sheet.rows == ()
    assert "a strategy such as every.point+clicks=3 gives some" in sheet.notes[0]


def test_differences_that_are_all_alike_have_no_correlation_with_the_area(tmp_path):
    dice = [[0.91, 0.83, 0.77, 0.64], [0.9, 0.8, 0.7, 0.6], [0.5, 0.55, 0.6, 0.65]]
    results = [
        scored(f"v{number}", [value + bonus for value in values], model=model, sizes=[10, 20, 30, 40 + number])
        for model, bonus in (("a", 0.02), ("b", 0.0))
        for number, values in enumerate(dice)
    ]
    sheet = made(within(written(tmp_path / "A.json", results)), "mask-size")
    assert one(sheet, metric="dice", unit="slice")["r"] is None
    assert one(sheet, metric="jaccard", unit="slice")["r"] is not None


def test_the_mixed_model_is_there_when_it_is_asked_for(two):
    row = one(made(two, "mixed"), metric="dice")
    mean = one(made(two, "differences"), metric="dice")["A - B"]
    assert row["A - B"] == pytest.approx(mean, abs=1e-4)
    assert (row["slices"], row["volumes"]) == (72, 6)


# ----------------------------------------------------------------------------------------- rankings


def test_a_ranking_orders_the_models_of_each_dataset_and_of_all(four):
    rows = [row for row in records(made(four, "ranking")) if row["metric"] == "dice"]
    for dataset, volumes in (("coronacases", 6), ("radiopaedia", 4), ("all datasets", 10)):
        found = [row for row in rows if row["dataset"] == dataset]
        assert [row["algorithm"] for row in found] == ["sam3", "sam2", "sam", "old"]
        assert [row["rank"] for row in found] == [1, 2, 3, 4]
        assert {row["volumes"] for row in found} == {volumes}
    matrix = np.array([volume_means(four, name) for name in ("sam", "sam2", "sam3", "old")]).T[:6]
    expected = stats.rankdata(-matrix, axis=1).mean(axis=0)
    of_coronacases = {row["algorithm"]: row["mean rank"] for row in rows if row["dataset"] == "coronacases"}
    assert [of_coronacases[name] for name in ("sam", "sam2", "sam3", "old")] == pytest.approx(expected)


def test_the_significance_map_names_who_is_better(four):
    rows = records(made(four, "significance"))
    row = next(row for row in rows if (row["dataset"], row["metric"], row["better"]) == ("coronacases", "dice", "sam3"))
    assert row["p Holm"] >= 12 / 2**6
    assert not row["significant"]


def test_the_critical_difference_is_demsars(four):
    row = one(made(four, "critical-difference"), dataset="coronacases", metric="dice", algorithm="sam3")
    assert row["critical difference"] == pytest.approx(2.569 * math.sqrt(4 * 5 / (6 * 6)), abs=2e-3)
    assert row["mean rank"] == 1


def test_two_models_are_compared_and_not_ranked(two):
    sheet = made(two, "ranking")
    assert (sheet.rows, sheet.notes) == (
        (), ("Nothing to rank: expected at least 3 algorithms on at least two volumes.",),
    )  # fmt: skip


def test_strategies_can_be_ranked_instead(tmp_path):
    strategies = {"every.box": 0.0, "every.point": -0.1, "every.composite": 0.05}
    results = [
        entry
        for strategy, bonus in strategies.items()
        for entry in study({"sam": bonus, "sam2": bonus + 0.01}, strategy=strategy)
    ]
    comparison = within(written(tmp_path / "A.json", results))
    rows = [row for row in records(made(comparison, "ranking", rank_by="strategy")) if row["metric"] == "dice"]
    assert [row["algorithm"] for row in rows if row["within"] == "sam"] == [
        "every.composite",
        "every.box",
        "every.point",
    ]
    both = [row for row in records(made(comparison, "ranking", rank_by="both")) if row["metric"] == "dice"]
    assert len(both) == 6


def test_a_case_that_failed_counts_as_the_worst_score_and_does_not_pay(tmp_path):
    results = study({"a": 0.05, "b": 0.0, "c": -0.05}, volumes=3)
    results[0] = scored("v00", [], model="a", status="error")
    comparison = within(written(tmp_path / "A.json", results))
    board = leaderboards(models_compared(comparison), "dice", "model")[0]
    assert (board.volumes, board.failed) == (("v00", "v01", "v02"), 1)
    assert board.scores[0].tolist()[0] == 0
    assert "coronacases dice: 1 cases ended in an error and count as 0." in made(comparison, "ranking").notes
    timed = leaderboards(models_compared(comparison), "embed", "model")[0]
    assert timed.left_out == ("coronacases/v00: no embed of a",)
    assert not timed.higher_is_better


# ----------------------------------------------------------------------------------------- all together


def test_every_sheet_can_be_made_of_every_comparison(four):
    everything = sheets(four, names=["all"], method=METHOD, rank_by="model")
    assert [sheet.name for sheet in everything] == list(SHEETS)
    for sheet in everything:
        assert all(len(row) == len(sheet.columns) for row in sheet.rows)
        assert sheet.title


def test_a_table_that_is_none_is_refused_with_the_nearest(two):
    with pytest.raises(
        ReportError, match=r"no table 'rankings'; expected one of differences, .*Did you mean 'ranking'\?"
    ):
        sheets(two, names=["rankings"], method=METHOD, rank_by="model")
