"""``pytest-benchmark compare`` reads our file and prints our rows."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pytest_benchmark.stats import Stats

from bench_cases.report import Journal, load, write_report
from bench_cases.report.benchmark_rows import latency_row, stage_rows, statistics, with_equal_params
from bench_cases.report.stages import stage_samples
from tests.report.report_examples import HEADER, TAIL, result
from tests.report.report_examples import latency_row as example_row

STRATEGIES = ("every.composite", "middle.composite.both")


@pytest.fixture
def report_path(tmp_path: Path) -> Path:
    path = tmp_path / "reports" / "run.json"
    with Journal.open(path, HEADER) as journal:
        for model in ("model-a", "model-b"):
            for strategy in STRATEGIES:
                journal.append("case", result("v1", model=model, strategy=strategy, shared=True).to_json())
        journal.append("case", result("v2", status="error").to_json())
        journal.append("latency", example_row())
        journal.append("latency", {**example_row("benchmark/test_latency.py::test_empty"), "stats": {}})
        return write_report(path, journal, tail=TAIL)


def compare(cwd: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pytest_benchmark", *arguments], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Failed to load" not in done.stdout + done.stderr
    return done.stdout


def test_pytest_benchmark_compare_prints_a_row_for_each_stage_and_each_latency_case(report_path: Path) -> None:
    shown = compare(report_path.parent, "compare", str(report_path))
    for group, tests in {"embed": 4, "predict": 2, "propagate": 2, "reload": 1}.items():
        assert f"benchmark '{group}': {tests} tests" in shown
    assert "predict[lungs-phantom/v1-model-a-every.composite]" in shown
    assert "propagate[lungs-phantom/v1-model-b-middle.composite.both]" in shown
    assert "embed[lungs-phantom/v1-model-a-image-mode]" in shown
    assert "test_reload[model-a]" in shown


def test_pytest_benchmark_groups_our_rows_by_every_parameter(report_path: Path) -> None:
    names = ("dataset", "volume", "model", "strategy", "device")
    shown = compare(
        report_path.parent, "compare", str(report_path), f"--group-by={','.join(f'param:{n}' for n in names)}"
    )
    assert "dataset=lungs-phantom volume=v1 model=model-b strategy=every.composite device=" in shown
    assert "dataset= volume= model=model-a strategy= device=cpu" in shown


def test_pytest_benchmark_finds_the_report_in_a_storage_folder_and_compares_two(
    report_path: Path, tmp_path: Path
) -> None:
    (report_path.parent / "0001_a.json").write_bytes(report_path.read_bytes())
    (report_path.parent / "0002_b.json").write_bytes(report_path.read_bytes())
    storage = f"--storage=file://{report_path.parent}"
    shown = compare(tmp_path, storage, "compare", "--group-by", "fullname", "--columns", "median")
    assert shown.count("test_reload[model-a] (0001_a)") == 1
    assert shown.count("test_reload[model-a] (0002_b)") == 1


def test_a_latency_case_without_a_sample_is_listed_as_not_run_and_never_a_row(report_path: Path) -> None:
    report = load(report_path).raw
    assert not [row for row in report["benchmarks"] if "test_empty" in row["fullname"]]
    assert {
        "what": "benchmark/test_latency.py::test_empty",
        "reason": "no sample was taken",
        "remedy": "run it without --benchmark-disable and without -n",
    } in report["not_run"]


def test_every_row_has_the_same_parameters_and_strings_only(report_path: Path) -> None:
    rows = load(report_path).raw["benchmarks"]
    assert {tuple(row["params"]) for row in rows} == {("dataset", "device", "model", "strategy", "volume")}
    assert {type(value) for row in rows for value in row["params"].values()} == {str}
    assert len({row["fullname"] for row in rows}) == len(rows)


def test_our_statistics_are_those_of_pytest_benchmark() -> None:
    samples = [0.5, 0.1, 0.9, 0.3, 7.0]
    theirs = Stats()
    for sample in samples:
        theirs.update(sample)
    assert statistics(samples) == {**theirs.as_dict(), "data": samples, "iterations": 1}
    assert statistics(samples)["median"] == 0.5


def test_statistics_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="no samples; expected at least one"):
        statistics([])


def test_a_row_says_how_accurate_what_it_timed_was() -> None:
    row = next(row for row in stage_rows([result("v1", status="failed")]) if row["group"] == "predict")
    accuracy = row["extra_info"]["cases"]["lungs-phantom/v1-model-a-every.composite"]
    assert accuracy["status"] == "failed"
    assert math.isclose(accuracy["dice_nonempty"], (0.9 + 0.8 + 0.95) / 3)


def test_a_case_that_ended_in_an_error_has_no_row() -> None:
    assert stage_rows([result("v1", status="error")]) == []


def test_samples_that_served_several_strategies_count_once() -> None:
    both = [result("v1", strategy=f"every.{prompt}", shared=True, embed_s=(0.1, 0.2)) for prompt in ("point", "box")]
    (embed,) = [group for group in stage_samples(both) if group.stage == "embed"]
    assert embed.shared
    assert sorted(embed.samples_s) == [0.1, 0.2]
    assert embed.median_s == pytest.approx(0.15)


def test_samples_of_strategies_that_ran_alone_add_up() -> None:
    alone = [
        result("v1", strategy="every.point", embed_s=(0.1, 0.2)),
        result("v1", strategy="every.box", embed_s=(0.1, 0.4)),
    ]
    (embed,) = [group for group in stage_samples(alone) if group.stage == "embed"]
    assert not embed.shared
    assert sorted(embed.samples_s) == [0.1, 0.1, 0.2, 0.4]


def test_a_shared_list_that_has_one_sample_more_adds_only_that_one() -> None:
    seeded = [
        result("v1", strategy="middle.composite.both", shared=True, embed_s=(0.1, 0.2)),
        result("v1", strategy="dataset.composite.both", shared=True, embed_s=(0.5, 0.1, 0.2)),
    ]
    (embed,) = [group for group in stage_samples(seeded) if group.stage == "embed"]
    assert sorted(embed.samples_s) == [0.1, 0.2, 0.5]


def test_flat_rows_of_pytest_benchmark_are_taken_too() -> None:
    nested = example_row()
    flat = {**{key: value for key, value in nested.items() if key != "stats"}, **nested["stats"]}
    row = latency_row(flat)
    assert row is not None
    assert row["stats"] == nested["stats"]


def test_a_row_with_samples_but_broken_statistics_gets_new_ones() -> None:
    row = latency_row({**example_row(), "stats": {"data": [0.5, 0.6, 0.7], "mean": math.nan}})
    assert row is not None
    assert row["stats"] == example_row()["stats"]


@pytest.mark.parametrize("stats", [{}, None, [], {"data": []}, {"mean": math.nan}])
def test_a_row_without_usable_statistics_is_none(stats: Any) -> None:
    assert latency_row({**example_row(), "stats": stats}) is None


def test_a_row_needs_neither_parameters_nor_group() -> None:
    row = latency_row({"fullname": "f.py::test_x", "stats": {**statistics([1.0]), "iterations": None}, "params": None})
    assert row is not None
    assert (row["name"], row["group"], row["param"], row["params"]) == ("f.py::test_x", None, None, {})
    assert row["stats"]["iterations"] == 1
    assert with_equal_params([row])[0]["params"] == {"dataset": "", "model": "", "strategy": "", "volume": ""}
