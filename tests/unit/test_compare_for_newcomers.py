"""What is printed of reports that have little to say: renamed models, errors alone, one volume."""

import dataclasses

import pytest

from bench_cases.analysis import table
from bench_cases.analysis.compare import between, within
from bench_cases.analysis.gate.config import GateConfig
from bench_cases.analysis.gate.gate import judge
from bench_cases.cli import main
from tests.report.report_examples import TAIL
from tests.report.study_examples import study, written
from tests.unit.test_analysis_compare import shown

MODEL = TAIL["models"]["model-a"]


def renamed(tmp_path, weights):
    models = [{"sam2": 0.0, "old": 0.0}, {"sam2": 0.0, "new": 0.01}]
    facts = [{"sam2": MODEL, "old": MODEL}, {"sam2": MODEL, "new": {**MODEL, "weights_sha256": weights * 64}}]
    return [
        written(tmp_path / f"{name}.json", study(by_model), tail={**TAIL, "models": of_models})
        for name, by_model, of_models in zip("AB", models, facts, strict=True)
    ]


def test_a_model_that_was_renamed_is_recognised_by_its_weights(tmp_path):
    warnings = between(*renamed(tmp_path, "a")).warnings
    assert warnings[-3:] == (
        "model old is only in A and is not compared.",
        "model new is only in B and is not compared.",
        "old of A and new of B are the same weights; --pair old=new compares them.",
    )
    assert between(*renamed(tmp_path, "b")).warnings[-1] == "--pair MODEL_IN_A=MODEL_IN_B compares models of two names."


def test_a_model_that_one_run_has_besides_needs_no_advice(tmp_path):
    one, both = (written(tmp_path / f"{n}.json", study(dict.fromkeys(n, 0.0))) for n in ("a", "ab"))
    assert between(one, both).warnings[-1] == "model b is only in B and is not compared."


def test_the_gate_says_how_a_model_of_another_name_is_judged(tmp_path):
    base, run = renamed(tmp_path, "a")
    found = [it.reason for it in judge(run, base, GateConfig(speed=(), memory_limit=None)) if "-new-" in it.subject]
    (reason,) = set(found)
    assert reason.endswith('a new baseline, or judge it by another model: [models] "new" = "NAME" in gate.toml')


def broken(results):
    return [dataclasses.replace(it, status="error", scores=None, timings_s={}, message="no room") for it in results]


def test_errors_alone_give_no_tables_of_dashes(tmp_path, capsys):
    report = written(tmp_path / "A.json", broken(study({"a": 0.0, "b": 0.0})))
    compared = within(report)
    assert compared.rows
    text = shown(compared)
    assert "too few" not in text
    assert "! nothing to compare: no volume has a value on both sides; what was left out says why." in text
    assert "error (no room) in A: v00, v01, v02 and 3 more" in text
    assert main(["compare", str(report.path), "--resamples", "100", "--table", "all"]) == 0
    assert "nothing to compare: no volume has a value on both sides" in capsys.readouterr().out
    again = written(tmp_path / "again.json", report.results)
    assert [it.more_data for it in judge(again, report, GateConfig()) if it.kind == "quality"] == [False] * 4


def test_tests_of_no_pair_are_left_out_of_tables_and_others_stay(tmp_path):
    results = [*study({"a": 0.0, "b": 0.0}), *broken(study({"a": 0.0, "b": 0.0}, strategy="every.box"))]
    compared = within(written(tmp_path / "A.json", results))
    kept = table.with_pairs(compared)
    assert {row.strategy for row in compared.rows} - {row.strategy for row in kept.rows} == {"every.box"}
    assert len(kept.rows) == len(kept.groups)


def test_one_volume_is_said_to_test_nothing(tmp_path):
    report = written(tmp_path / "A.json", study({"a": 0.0, "b": 0.0}, volumes=1))
    line = "n = 1: one volume has no spread, and nothing can be tested; run more volumes."
    assert line in within(report).warnings
    assert line not in within(report, mode="paper").warnings
    again = written(tmp_path / "again.json", report.results)
    found = judge(again, report, GateConfig(speed=(), memory_limit=None))
    assert {it.reason for it in found if it.kind == "quality"} == {"equal on the one volume"}


def test_the_table_of_a_report_names_the_device(tmp_path, capsys):
    report = written(tmp_path / "A.json", study({"a": 0.0}))
    assert main(["report", str(report.path)]) == 0
    assert "on cpu A Processor, 2 cores" in capsys.readouterr().out


def test_a_row_to_be_beaten_is_in_no_pair_of_a_baseline_that_is_a_model(tmp_path):
    """The story of the fine-tune: half of what it printed was about the threshold."""
    row = "baseline_threshold"
    report = written(tmp_path / "A.json", study({"sam2": 0.0, row: -0.1, "new": 0.01}))
    for baseline, pairs in (
        ("sam2", {("sam2", "new")}),
        (None, {("sam2", "new")}),
        (row, {(row, "sam2"), (row, "new")}),
    ):
        compared = within(report, baseline=baseline)
        assert {(it.a, it.b) for it in compared.rows} == pairs
        remedy = f"`sambench compare --baseline {row}` pairs every model with it."
        said = f"{row} is a reference row and is not paired; {remedy}"
        assert (said in compared.warnings) == (baseline != row)
    one = written(tmp_path / "B.json", study({"sam2": 0.0, row: -0.1}))
    for baseline in (None, "sam2"):
        assert {(it.a, it.b) for it in within(one, baseline=baseline).rows} == {("sam2", row)}
    assert {(it.a, it.b) for it in within(one, baseline=row).rows} == {(row, "sam2")}


def test_a_reference_row_has_neither_settings_nor_times_to_compare(tmp_path):
    """What was said of precision and of times spoke of a threshold, and of no model."""
    row = "baseline_threshold"
    models = {**TAIL["models"], "sam2": MODEL, row: {"backend": "baseline", "settings": {}}}
    report = written(tmp_path / "A.json", study({"sam2": 0.0, row: -0.1}), tail={**TAIL, "models": models})
    compared = within(report)
    assert compared.differences == ()
    assert not [it for it in compared.rows if it.scale == "ratio"]
    assert compared.warnings[-1] == f"times of {row}, a reference row, are not compared: --metric embed compares them."
    assert [it.metric for it in within(report, metrics=["embed"]).rows] == ["embed"]


SETTINGS = {
    "precision": "fp32",
    "num_maskmem": 7,
    "attn_implementation": "sdpa",
    "library_sha256": "a" * 64,
    "postprocessing": {"multimask": {"delta": 0.05}},
    "library": "sam2 1.1.0",
    "torch": "2.11.0",
}


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"num_maskmem": 4}, "sam2: num_maskmem is 7 in A, 4 in B"),
        ({"attn_implementation": "eager"}, 'sam2: attn_implementation is "sdpa" in A, "eager" in B'),
        (
            {"postprocessing": {"multimask": {"delta": 0.1}}},
            "sam2: postprocessing.multimask.delta is 0.05 in A, 0.1 in B",
        ),
        ({"new": True}, "sam2: new is null in A, true in B"),
    ],
)
def test_whatever_a_models_identity_holds_is_told_when_it_differs(tmp_path, changed, line):
    reports = [
        written(
            tmp_path / f"{name}.json",
            study({"sam2": 0.0}),
            tail={**TAIL, "models": {"sam2": {**MODEL, "settings": settings}}},
        )
        for name, settings in (("A", SETTINGS), ("B", {**SETTINGS, **changed}))
    ]
    assert line in between(*reports).differences


def test_versions_of_packages_are_told_once_and_of_two_libraries_what_means_the_same_in_both(tmp_path):
    other = {**SETTINGS, "library": "other 2", "torch": "2.12.0", "precision": "bf16", "num_maskmem": 1}
    models = {
        "one": {**MODEL, "settings": SETTINGS},
        "two": {**MODEL, "backend": "transformers", "settings": other},
    }
    report = written(tmp_path / "A.json", study({"one": 0.0, "two": 0.0}), tail={**TAIL, "models": models})
    assert within(report).differences == ('one and two: precision is "fp32" in A, "bf16" in B',)
    models["two"] = {**MODEL, "settings": {**SETTINGS, "library": "sam2 1.2.0", "torch": "2.12.0"}}
    report = written(tmp_path / "B.json", study({"one": 0.0, "two": 0.0}), tail={**TAIL, "models": models})
    assert within(report).differences == ()
