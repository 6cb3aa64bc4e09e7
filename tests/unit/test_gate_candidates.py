"""Who the gate judges: models under test, not rows that are there to be beaten, nor a model whose place is taken."""

import dataclasses

import pytest

from bench_cases.analysis.gate.config import FloorRule, GateConfig
from bench_cases.analysis.gate.gate import judge
from tests.report.study_examples import study, written
from tests.unit.test_gate import timed

QUIET = GateConfig(speed=(), memory_limit=None)
ROW = "baseline_threshold"


@pytest.fixture
def base(tmp_path):
    return written(tmp_path / "base.json", timed(study({"sam2": 0.0, ROW: -0.1})))


def of_model(results, model):
    return [result for result in results if result.case.model == model]


def about(verdicts, model):
    return [it for it in verdicts if model in it.subject.split() or f"-{model}-" in it.subject]


def test_neither_scores_nor_speed_nor_memory_of_a_row_to_be_beaten_are_judged_and_it_is_said(tmp_path, base):
    worse = timed(study({ROW: -0.3}), slower=3.0, memory_mib=50.0)
    run = written(tmp_path / "run.json", [*of_model(base.results, "sam2"), *worse])
    (found,) = about(judge(run, base, GateConfig()), ROW)
    assert (found.outcome, found.kind) == ("pass", "cases")
    assert found.reason == "not judged: a reference row"


def test_a_row_may_be_new_or_missing_but_an_error_of_it_is_an_error(tmp_path, base):
    alone = written(tmp_path / "alone.json", of_model(base.results, "sam2"))
    for run, by in ((alone, base), (base, alone)):
        assert {it.outcome for it in judge(run, by, QUIET)} == {"pass"}
    broken = dataclasses.replace(of_model(base.results, ROW)[0], status="error", scores=None, message="DataError: torn")
    run = written(tmp_path / "run.json", [*of_model(base.results, "sam2"), broken])
    (found,) = [it for it in judge(run, base, QUIET) if it.outcome == "regression"]
    assert found.reason == "ended in an error (DataError: torn)"


def test_rows_are_judged_where_there_is_nothing_else(tmp_path, base):
    run = written(tmp_path / "run.json", of_model(base.results, ROW))
    found = judge(run, written(tmp_path / "b.json", of_model(base.results, ROW)), QUIET)
    assert [it.subject for it in found if it.kind == "quality"] == [
        f"coronacases every.composite {ROW} {metric}" for metric in ("dice", "dice_all")
    ]


def test_a_row_has_a_floor_only_where_the_floor_names_it(tmp_path, base):
    anybody, named = FloorRule(least={"dice": 0.8}), FloorRule(model=ROW, least={"dice": 0.8})
    again = written(tmp_path / "again.json", base.results)
    for rule, subjects in ((anybody, ["sam2"]), (named, [ROW])):
        found = judge(again, base, dataclasses.replace(QUIET, floors=(rule,)))
        assert [it.subject.split()[2] for it in found if it.kind == "floor"] == subjects


def test_one_run_may_hold_a_model_and_the_one_whose_place_it_takes(tmp_path, base):
    """The story of the fine-tune: both in one report, judged by that very report."""
    run = written(tmp_path / "both.json", timed(study({"sam2": 0.0, "new": -0.03, ROW: -0.1})))
    config = dataclasses.replace(QUIET, models={"new": "sam2"})
    found = judge(run, run, config)
    assert {it.outcome for it in found if it.kind == "cases"} == {"pass"}
    assert [(it.subject, it.reason) for it in found if it.reason.startswith("not judged")] == [
        (ROW, "not judged: a reference row"),
        ("sam2", "not judged: new takes its place ([models])"),
    ]
    quality = [it for it in found if it.kind == "quality"]
    assert len(quality) == 2
    assert all(it.reason.startswith("lost 0.03") for it in quality)
    timed_alone = [it for it in judge(run, base, dataclasses.replace(config, speed=("embed",))) if it.kind == "speed"]
    assert [it.subject for it in timed_alone] == ["coronacases image-mode new (for sam2) embed"]


def test_a_model_may_be_named_to_be_judged_by_a_row(tmp_path, base):
    run = written(tmp_path / "run.json", study({"new": 0.0}))
    found = judge(run, base, dataclasses.replace(QUIET, models={"new": ROW}, allow_missing=("*-sam2-*",)))
    assert [it.outcome for it in found if it.kind == "quality"] == ["pass", "pass"]
    assert found[-1].subject == f"coronacases every.composite new (for {ROW}) dice_all"
