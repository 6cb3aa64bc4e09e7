"""Ways to prompt within a run: strategies that differ in one part are paired, by hand and by scipy."""

from __future__ import annotations

from pathlib import Path

import pytest
from scipy import stats

from bench_cases.analysis.parts import within_parts
from bench_cases.cases import UPPER_BOUND, CaseResult
from bench_cases.errors import ReportError
from bench_cases.report import Report
from tests.report.report_examples import result
from tests.unit.test_analysis_compare import VOLUMES, report

BONUSES = {
    "largest.box.both.first": (0.03, 0.05, 0.04, 0.07),
    "largest.point.both.first": (0.0, 0.01, 0.03, 0.0),
    "edge.box.both": (0.02, 0.01, 0.0, 0.06),
    "edge.point.both": (0.01, 0.0, 0.02, 0.01),
    "edge.point.forward": (0.0, 0.0, 0.01, 0.02),
}


def cases(left_out: tuple[str, str] = ("", "")) -> list[CaseResult]:
    return [
        result(volume, strategy=strategy, bonus=bonus)
        for strategy, bonuses in BONUSES.items()
        for volume, bonus in zip(VOLUMES, bonuses, strict=True)
        if (strategy, volume) != left_out
    ]


@pytest.fixture
def grid(tmp_path: Path) -> Report:
    return report(tmp_path / "grid.json", cases())


def test_a_box_is_compared_with_a_point_wherever_all_else_is_equal(grid: Report) -> None:
    comparison = within_parts(grid, "box", "point", metrics=["dice_all"])
    rows = {row.strategy: row for row in comparison.rows}
    assert list(rows) == ["largest.*.both.first", "edge.*.both", "mean of 2 strategies"]
    assert (rows["edge.*.both"].a, rows["edge.*.both"].b) == ("model-a box", "model-a point")
    dice = {
        strategy: [it.scores.dice_all for it in grid.results if it.case.strategy == strategy and it.scores]
        for strategy in BONUSES
    }
    by_hand = stats.ttest_rel(dice["edge.box.both"], dice["edge.point.both"])
    assert rows["edge.*.both"].t == pytest.approx(by_hand.statistic)
    assert rows["edge.*.both"].p == pytest.approx(by_hand.pvalue)
    boxes, points = (
        [(x + y) / 2 for x, y in zip(dice[f"largest.{kind}.both.first"], dice[f"edge.{kind}.both"], strict=True)]
        for kind in ("box", "point")
    )
    over_all = stats.ttest_rel(boxes, points)
    assert rows["mean of 2 strategies"].n == 4
    assert rows["mean of 2 strategies"].p == pytest.approx(over_all.pvalue)


@pytest.mark.parametrize(
    ("a", "b", "name"),
    [
        ("largest", "edge", None),
        ("both", "forward", "edge.point.*"),
        ("first", "single", None),
    ],
)
def test_seeds_directions_and_choices_are_parts_too(grid: Report, a: str, b: str, name: str | None) -> None:
    names = [row.strategy for row in within_parts(grid, a, b, metrics=["dice"]).rows]
    assert names == ([name] if name else [])


def test_a_volume_that_one_side_lacks_is_listed_and_is_in_no_mean(tmp_path: Path) -> None:
    lacking = report(tmp_path / "grid.json", cases(("edge.box.both", "v2")))
    comparison = within_parts(lacking, "box", "point", metrics=["dice"])
    assert {row.strategy: row.n for row in comparison.rows} == {
        "largest.*.both.first": 4,
        "edge.*.both": 3,
        "mean of 2 strategies": 3,
    }
    assert [str(left.key) for _, _, left in comparison.left_out] == ["lungs-phantom/v2 edge.*.both"]


def test_an_oracle_keeps_its_warning(tmp_path: Path) -> None:
    both = [result(volume, strategy=name) for volume in VOLUMES for name in ("edge.box.both", "edge.box.both.oracle")]
    comparison = within_parts(report(tmp_path / "o.json", both), "oracle", "single", metrics=["dice"])
    assert [row.strategy for row in comparison.rows] == ["edge.box.both.*"]
    assert UPPER_BOUND in comparison.warnings


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        ("bx", "point", r"no strategy has the part 'bx'; expected one of .*box.*\. Did you mean 'box'\?"),
        ("box", "both", r"'box' is a prompt and 'both' a direction; expected two different values of one part"),
        ("box", "box", r"expected two different values of one part, such as box=point or both=forward"),
    ],
)
def test_parts_that_cannot_be_compared_are_refused(grid: Report, a: str, b: str, message: str) -> None:
    with pytest.raises(ReportError, match=message):
        within_parts(grid, a, b)


def test_an_encoder_knows_no_strategy(grid: Report) -> None:
    with pytest.raises(ReportError, match="an encoder knows no strategy"):
        within_parts(grid, "box", "point", metrics=["embed"])
