"""Comparing models within a run and two runs: what is tested, what is refused, what is said."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from scipy import stats

from bench_cases.analysis import table
from bench_cases.analysis.compare import Comparison, between, within
from bench_cases.analysis.rows import ComparisonRow
from bench_cases.cases import CaseResult
from bench_cases.errors import ReportError
from bench_cases.report import Journal, Report, load, write_report
from tests.report.report_examples import HEADER, TAIL, rescored, result

VOLUMES = ("v1", "v2", "v3", "v4")
BONUS_A = (0.0, 0.01, 0.02, 0.0)
BONUS_B = (0.02, 0.02, 0.05, 0.01)


def report(
    path: Path, results: Sequence[CaseResult], *, complete: bool = True, header: dict[str, Any] | None = None
) -> Report:
    with Journal.open(path, header or HEADER) as journal:
        for entry in results:
            journal.append("case", entry.to_json())
        write_report(path, journal, tail={**TAIL, "run": {"complete": complete, "exit_status": 0}})
    return load(path)


def model(name: str, bonuses: Sequence[float], **more: Any) -> list[CaseResult]:
    return [
        result(volume, model=name, bonus=bonus, embed_s=(0.1 + bonus,), decode_s=(0.02 + bonus,), **more)
        for volume, bonus in zip(VOLUMES, bonuses, strict=True)
    ]


@pytest.fixture
def two_models(tmp_path: Path) -> Report:
    return report(tmp_path / "A.json", [*model("model-a", BONUS_A), *model("model-b", BONUS_B)])


def only(comparison: Comparison, metric: str) -> ComparisonRow:
    (row,) = [row for row in comparison.rows if row.metric == metric]
    return row


def shown(comparison: Comparison, width: int = 100) -> str:
    console = Console(file=io.StringIO(), width=width, color_system=None)
    console.print(table.render(comparison))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_models_of_a_run_are_compared_over_volumes(two_models: Report) -> None:
    comparison = within(two_models)
    row = only(comparison, "dice")
    expected = stats.ttest_rel(BONUS_A, BONUS_B)
    assert (row.a, row.b, row.dataset, row.strategy, row.unit, row.n) == (
        "model-a", "model-b", "lungs-phantom", "every.composite", "volume", 4,
    )  # fmt: skip
    assert row.estimate == pytest.approx(-0.0175)
    assert (row.t, row.p) == pytest.approx((expected.statistic, expected.pvalue))
    interval = expected.confidence_interval()
    assert (row.low, row.high) == pytest.approx((interval.low, interval.high))
    assert row.phantom
    assert comparison.left_out == ()


def test_all_metrics_are_tested_and_one_can_be_chosen(two_models: Report) -> None:
    assert [row.metric for row in within(two_models).rows] == [
        "dice", "jaccard", "dice_all", "jaccard_all", "embed", "predict",
    ]  # fmt: skip
    assert [row.metric for row in within(two_models, metrics=["jaccard"]).rows] == ["jaccard"]


def test_a_metric_that_a_mode_does_not_have_is_refused(two_models: Report) -> None:
    with pytest.raises(ReportError, match="metric 'embed' is none of mode 'paper'; expected one of dice, jaccard"):
        within(two_models, mode="paper", metrics=["embed"])


def test_a_comparison_of_oracles_says_that_they_are_an_upper_bound(tmp_path: Path) -> None:
    entries = [
        entry
        for name, bonuses in (("a", BONUS_A), ("b", BONUS_B))
        for entry in model(name, bonuses, strategy="every.box.oracle")
    ]
    assert any(
        line.startswith("UPPER BOUND: of three") for line in within(report(tmp_path / "a.json", entries)).warnings
    )


def test_latencies_are_compared_as_a_ratio(two_models: Report) -> None:
    row = only(within(two_models), "embed")
    a, b = [0.1 + bonus for bonus in BONUS_A], [0.1 + bonus for bonus in BONUS_B]
    assert row.scale == "ratio"
    assert row.strategy == "image-mode"
    assert row.estimate == pytest.approx(stats.gmean(a) / stats.gmean(b))
    assert row.mean_a == pytest.approx(stats.gmean(a))
    assert row.verdict in ("B slower", "unclear")


def test_shared_embeddings_count_once_and_the_row_says_so(tmp_path: Path) -> None:
    results = [
        entry
        for name in ("model-a", "model-b")
        for strategy in ("every.composite", "every.box")
        for entry in model(name, BONUS_A, strategy=strategy, shared=True)
    ]
    comparison = within(report(tmp_path / "A.json", results), metrics=["embed", "predict"])
    row = only(comparison, "embed")
    assert (row.n, row.shared, row.verdict) == (4, True, "identical")
    assert [other.shared for other in comparison.rows if other.metric == "predict"] == [False, False]
    assert "embed: samples that served several strategies were counted once a volume." in comparison.warnings


def test_the_paper_mode_tests_slices_and_warns(two_models: Report) -> None:
    comparison = within(two_models, mode="paper")
    row = only(comparison, "dice")
    assert (row.unit, row.n) == ("slice", 12)
    a = [value + bonus for bonus in BONUS_A for value in (0.9, 0.8, 0.95)]
    b = [value + bonus for bonus in BONUS_B for value in (0.9, 0.8, 0.95)]
    assert row.t == pytest.approx(stats.ttest_rel(a, b).statistic)
    assert "slices of one volume are not independent" in comparison.warnings[0]
    assert "the unit is the slice" in shown(comparison)


def test_a_slice_without_the_target_is_no_observation_of_the_paper_and_a_zero_is_one(tmp_path: Path) -> None:
    a = result("v1", model="a")
    b = rescored(result("v1", model="b"), dice=[0.0, 0.8, 0.95, 0.0])  # paint on the empty fourth slice
    row = only(within(report(tmp_path / "A.json", [a, b]), mode="paper", metrics=["dice"]), "dice")
    assert row.n == 3
    assert row.mean_b == pytest.approx((0.0 + 0.8 + 0.95) / 3)


def test_an_undefined_slice_is_left_out_by_key(tmp_path: Path) -> None:
    a, b = result("v1", model="a"), rescored(result("v1", model="b"), dice=[None, 0.8, 0.95, None])
    comparison = within(report(tmp_path / "A.json", [a, b]), mode="paper", metrics=["dice"])
    assert only(comparison, "dice").n == 2
    ((_, _, left),) = comparison.left_out
    assert (str(left.key), left.reason) == ("lungs-phantom/v1 every.composite slice 0", "undefined in B")


def test_every_pair_of_models_is_compared_or_each_with_the_baseline(tmp_path: Path) -> None:
    three = report(tmp_path / "A.json", [*model("a", BONUS_A), *model("b", BONUS_B), *model("c", BONUS_A)])
    assert [(row.a, row.b) for row in within(three, metrics=["dice"]).rows] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [(row.a, row.b) for row in within(three, baseline="b", metrics=["dice"]).rows] == [("b", "a"), ("b", "c")]


def test_a_baseline_that_is_no_model_is_refused_with_the_nearest(two_models: Report) -> None:
    with pytest.raises(
        ReportError, match=r"no model 'model_b'; expected one of model-a, model-b\. Did you mean 'model-b'\?"
    ):
        within(two_models, baseline="model_b")


def test_one_model_cannot_be_compared_within_a_run(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"holds 1 model \(model-a\); expected two or more\. Run with several models"):
        within(report(tmp_path / "A.json", model("model-a", BONUS_A)))
    with pytest.raises(ReportError, match=r"holds 0 model \(none\)"):
        within(report(tmp_path / "B.json", []))


def test_an_error_is_listed_and_never_a_silent_gap(tmp_path: Path) -> None:
    results = [*model("a", BONUS_A)[:3], result("v4", model="a", status="error"), *model("b", BONUS_B)]
    comparison = within(report(tmp_path / "A.json", results))
    assert only(comparison, "dice").n == 3
    reasons = {str(left.key): left.reason for _, _, left in comparison.left_out}
    assert reasons["lungs-phantom/v4 every.composite"] == "error (DataError: the mask is empty) in A"
    assert (
        "A.json: 1 cases ended in an error and are in no test: lungs-phantom/v4-a-every.composite."
        in comparison.warnings
    )
    assert "left out (A a, B b): lungs-phantom every.composite: error (DataError: the mask is empty) in A: v4" in shown(
        comparison, 200
    )


def test_a_volume_without_the_target_is_left_out_by_name(tmp_path: Path) -> None:
    a, b = rescored(result("v1", model="a"), reference_px=[0] * 4), result("v1", model="b")
    comparison = within(report(tmp_path / "A.json", [a, b]), metrics=["dice"])
    assert comparison.left_out[0][2].reason == "undefined: no slice carries the target in A"
    assert only(comparison, "dice").verdict == "too few"


def test_a_time_of_zero_is_left_out_by_name(tmp_path: Path) -> None:
    results = [result("v1", model=name, embed_s=(0.0,)) for name in ("a", "b")]
    comparison = within(report(tmp_path / "A.json", results), metrics=["embed"])
    assert comparison.left_out[0][2].reason == "a time of 0 s has no logarithm in A"


def test_strategies_that_only_one_side_has_are_listed(tmp_path: Path) -> None:
    results = [*model("a", BONUS_A), *model("b", BONUS_B, strategy="middle.composite.both")]
    comparison = within(report(tmp_path / "A.json", results), metrics=["dice"])
    assert comparison.rows == ()
    assert len(comparison.left_out) == 8
    assert comparison.warnings[0].startswith("nothing to compare")


def test_models_that_saw_other_data_or_prompts_are_refused(tmp_path: Path) -> None:
    for what in ("data", "prompts"):
        digests = {"data": "d" * 64, "prompts": "e" * 64}
        other = {**digests, what: "f" * 64}
        results = [result("v1", model="a", digests=digests), result("v1", model="b", digests=other)]
        with pytest.raises(
            ReportError,
            match=rf"the models of {what}.json cannot be compared: the {what} of lungs-phantom/v1.* differ "
            r"\(.{12} and f{12}\); expected the same\. Run both on the same data and prompts",
        ):
            within(report(tmp_path / f"{what}.json", results))


def test_a_run_that_is_not_complete_is_said_to_be(tmp_path: Path) -> None:
    results = [*model("a", BONUS_A), *model("b", BONUS_B)]
    comparison = within(report(tmp_path / "A.json", results, complete=False))
    assert "A.json: the run is not complete; more cases were selected than it has." in comparison.warnings


def test_missing_digests_are_said_to_prove_nothing(tmp_path: Path) -> None:
    comparison = within(report(tmp_path / "A.json", [result("v1", model=name, digests={}) for name in ("a", "b")]))
    assert "A.json: 2 cases have no digest of data and prompts; sameness is not proved." in comparison.warnings


# ------------------------------------------------------------------------------------------------ two runs


def test_a_model_that_two_runs_share_is_compared_with_itself(tmp_path: Path, two_models: Report) -> None:
    other = report(tmp_path / "B.json", model("model-a", BONUS_B))
    comparison = between(two_models, other)
    row = only(comparison, "dice")
    assert (row.a, row.b) == ("model-a (A)", "model-a (B)")
    assert row.t == pytest.approx(stats.ttest_rel(BONUS_A, BONUS_B).statistic)
    assert "model model-b is only in A and is not compared." in comparison.warnings
    text = shown(comparison, 300)
    assert f"A: {two_models.path}" in text
    assert f"B: {other.path}" in text


def test_a_row_to_be_beaten_that_both_runs_have_is_said_to_be_in_no_pair(tmp_path: Path) -> None:
    beaten = model("baseline_threshold", BONUS_A)
    a, b = (report(tmp_path / f"{name}.json", [*model("model-a", BONUS_A), *beaten]) for name in "AB")
    comparison = between(a, b)
    assert {row.a for row in comparison.rows} == {"model-a (A)"}
    about = [line for line in comparison.warnings if "baseline_threshold" in line]
    assert about == [
        (
            "baseline_threshold is a reference row and is not paired; "
            "--pair baseline_threshold=baseline_threshold compares it."
        )
    ]


def test_two_runs_of_one_model_each_compare_the_two(tmp_path: Path) -> None:
    a = report(tmp_path / "A.json", model("old", BONUS_A))
    b = report(tmp_path / "B.json", model("new", BONUS_B))
    assert (only(between(a, b), "dice").a, only(between(a, b), "dice").b) == ("old", "new")


def test_swapping_two_runs_flips_the_sign(tmp_path: Path) -> None:
    a = report(tmp_path / "A.json", model("old", BONUS_A))
    b = report(tmp_path / "B.json", model("new", BONUS_B))
    one, other = only(between(a, b), "dice"), only(between(b, a), "dice")
    assert one.estimate == pytest.approx(-(other.estimate or 0))
    assert one.p == pytest.approx(other.p)


def test_two_runs_without_a_model_in_common_need_to_be_told(tmp_path: Path, two_models: Report) -> None:
    other = report(tmp_path / "B.json", model("model-c", BONUS_B))
    with pytest.raises(
        ReportError,
        match=r"A\.json has model-a, model-b and B\.json has model-c; expected a model in common, or one each\. "
        r"Say which belong together: --pair MODEL_IN_A=MODEL_IN_B",
    ):
        between(two_models, other)
    assert only(between(two_models, other, pairs=[("model-b", "model-c")]), "dice").a == "model-b"
    with pytest.raises(ReportError, match=r"B\.json: no model 'model-b'; expected one of model-c"):
        between(two_models, other, pairs=[("model-a", "model-b")])


def test_runs_with_other_scoring_are_refused_and_other_precision_is_reported(tmp_path: Path) -> None:
    scoring = {**HEADER, "settings": {**HEADER["settings"], "scoring": {"empty": "nonempty"}}}
    precision = {**HEADER, "settings": {**HEADER["settings"], "precision": "bf16"}}
    a = report(tmp_path / "A.json", model("m", BONUS_A))
    with pytest.raises(
        ReportError,
        match=r'scoring\.empty was "both", is "nonempty"; expected the same scoring\. Run both with the same set',
    ):
        between(a, report(tmp_path / "B.json", model("m", BONUS_B), header=scoring))
    comparison = between(a, report(tmp_path / "C.json", model("m", BONUS_B), header=precision))
    assert comparison.differences == ('settings.precision: "fp32" in A, "bf16" in B',)
    assert 'differs: settings.precision: "fp32" in A, "bf16" in B' in shown(comparison)


def test_another_memory_is_another_scoring_and_none_is_as_in_a_report_that_is_older_than_the_setting(
    tmp_path: Path,
) -> None:
    def with_scoring(name: str, **scoring: object) -> Report:
        header = {**HEADER, "settings": {"scoring": {"jpeg": False, **scoring}}}
        return report(tmp_path / f"{name}.json", model("m", BONUS_A), header=header)

    older, default, short = with_scoring("A"), with_scoring("B", memory=None), with_scoring("C", memory=3)
    between(older, default)
    with pytest.raises(ReportError, match=r"scoring\.memory was null, is 3; expected the same scoring"):
        between(default, short)


def test_precision_is_compared_even_where_it_is_listed_as_scoring(tmp_path: Path) -> None:
    headers = [{**HEADER, "settings": {"scoring": {"precision": name, "jpeg": False}}} for name in ("fp32", "bf16")]
    a, b = (
        report(tmp_path / f"{number}.json", model("m", BONUS_A), header=header) for number, header in enumerate(headers)
    )
    assert between(a, b).differences == ('settings.scoring.precision: "fp32" in A, "bf16" in B',)


def test_runs_on_other_data_are_refused_with_the_number_of_volumes(tmp_path: Path) -> None:
    a = report(tmp_path / "A.json", model("m", BONUS_A))
    other = {"data": "9" * 64, "prompts": "e" * 64}
    b = report(tmp_path / "B.json", model("m", BONUS_B, digests=other))
    with pytest.raises(
        ReportError,
        match=r"A\.json and B\.json cannot be compared: the data of lungs-phantom/v1 differ .*, and 3 more;",
    ):
        between(a, b)


@pytest.mark.parametrize(("field", "what"), [("target", "target"), ("slices", "number of slices")])
def test_runs_on_another_target_or_part_of_a_volume_are_refused(tmp_path: Path, field: str, what: str) -> None:
    scores = result("v1").scores
    assert scores is not None
    others = {
        "target": dataclasses.replace(result("v1"), target="spleen"),
        "slices": dataclasses.replace(result("v1"), scores=dataclasses.replace(scores, slices=2)),
    }
    with pytest.raises(ReportError, match=f"the {what} of lungs-phantom/v1 differ"):
        between(report(tmp_path / "A.json", [result("v1")]), report(tmp_path / "B.json", [others[field]]))


# ------------------------------------------------------------------------------------------------ on paper


def test_the_table_says_phantom_and_shows_every_number(two_models: Report) -> None:
    text = shown(within(two_models), 80)
    assert "lungs-phantom PHANTOM  every.composite" in text
    assert "A model-a   B model-b" in text
    assert "PHANTOM: synthetic volumes; these results say nothing about patients." in text
    assert "-0.0175" in text
    assert "…" not in text
    assert "embed ms" in text


def test_a_real_dataset_is_not_called_a_phantom(tmp_path: Path) -> None:
    results = [*model("a", BONUS_A, phantom=False), *model("b", BONUS_B, phantom=False)]
    assert "PHANTOM" not in shown(within(report(tmp_path / "A.json", results)))


def test_a_degenerate_test_shows_dashes_and_its_name(tmp_path: Path) -> None:
    results = [*model("a", BONUS_A), *model("b", BONUS_A)]
    row = only(within(report(tmp_path / "A.json", results)), "dice")
    assert table.cells(row)[4:] == ("+0.0000", "-", "-", "-", "identical")
    empty = dataclasses.replace(row, mean_a=None, mean_b=None, estimate=None, scale="ratio")
    assert table.cells(empty)[2:5] == ("-", "-", "-")


def test_many_left_out_are_cut_in_the_table_and_whole_in_the_csv(tmp_path: Path) -> None:
    lone = [result(f"w{number:02}", model="a") for number in range(15)]
    comparison = within(
        report(tmp_path / "A.json", [*lone, *model("a", BONUS_A), *model("b", BONUS_B)]), metrics=["dice"]
    )
    assert "lungs-phantom every.composite: no partner in B: w00, w01, w02 and 12 more" in shown(comparison, 200)
    table.write_csv(comparison, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 1 + 15
    assert float(rows[0]["estimate"]) == pytest.approx(-0.0175)
    assert rows[0]["left_out"] == ""
    assert (rows[1]["volume"], rows[1]["left_out"]) == ("w00", "no partner in B")


def test_many_reasons_are_cut_in_the_table_with_their_number(tmp_path: Path) -> None:
    lone = [result("v1", model="a", strategy=f"every.rule{number:02}") for number in range(15)]
    comparison = within(report(tmp_path / "A.json", [*lone, result("v1", model="b")]), metrics=["dice"])
    assert "left out: 6 lines more; --csv lists all." in shown(comparison)


def test_a_slice_left_out_is_named_with_its_number(tmp_path: Path) -> None:
    results = [*model("a", BONUS_A), *model("b", BONUS_B)[:3]]
    comparison = within(report(tmp_path / "A.json", results), mode="paper", metrics=["dice"])
    assert "every.composite: no partner in B: v4 slice 0, v4 slice 1, v4 slice 2" in shown(comparison, 200)


def test_a_csv_that_cannot_be_written_is_one_clear_error(tmp_path: Path, two_models: Report) -> None:
    with pytest.raises(ReportError, match=r"cannot be written: .*; expected a path that this user may write to"):
        table.write_csv(within(two_models), tmp_path / "none" / "out.csv")
