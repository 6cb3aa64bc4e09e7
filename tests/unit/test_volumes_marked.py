"""Shares of a batch over several volumes are marked wherever a time is shown, and judged as no latency."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench_cases.analysis.compare import within
from bench_cases.analysis.gate.config import GateConfig
from bench_cases.models.loading import identity, load_model
from bench_cases.report.benchmark_rows import stage_rows
from bench_cases.report.stages import volumes_in_a_batch
from bench_cases.report.summary import summarise
from bench_cases.report.table import notes
from tests.model_examples import untrained
from tests.report.report_examples import HEADER, result
from tests.report.study_examples import written
from tests.unit.test_analysis_compare import report
from tests.unit.test_gate import timed, verdicts

VIDEO = "middle.composite.both"


def together(volumes, **rest):
    made = result(strategy=VIDEO, **rest)
    told = {"most": 2 * volumes, "mean": 4.0, "volumes": volumes, "timings": "shares of a batch"}
    return replace(made, details={**made.details, "propagated_together": told})


def test_the_table_at_the_end_says_that_its_times_are_no_latency():
    alone = summarise([result(strategy=VIDEO)])
    (row,) = summarise([together(3), together(2, volume="v2")])
    assert row.volumes_together == 3
    line = "predict in video mode: shares of a batch over up to 3 volumes, no latency of a frame."
    assert line in notes([row])
    assert not any("shares of a batch" in note for note in notes(alone))


def test_rows_for_pytest_benchmark_say_how_many_volumes_a_sample_is_a_share_of():
    rows = {row["group"]: row["extra_info"] for row in stage_rows([together(3)])}
    assert rows["propagate"]["volumes_together"] == 3
    assert "volumes_together" not in rows["embed"]
    assert volumes_in_a_batch([]) == volumes_in_a_batch([result(strategy=VIDEO)]) == 1


@pytest.mark.parametrize("volumes", [1, 3])
def test_a_comparison_of_propagation_warns_of_shares_over_volumes(tmp_path, volumes):
    entries = [together(volumes, volume=name, model=model) for name in ("v1", "v2", "v3") for model in "ab"]
    run = report(tmp_path / "A.json", entries)
    line = f"A.json: propagate: shares of a batch over up to {volumes} volumes, no latency."
    assert (line in within(run, metrics=["propagate"]).warnings) == (volumes > 1)
    assert line not in within(run, metrics=["dice"]).warnings


def test_no_speed_is_judged_between_runs_with_different_numbers_of_volumes_together(tmp_path):
    entries = timed([result(volume=f"v{number}") for number in range(8)], seed=0)
    base = written(tmp_path / "base.json", entries)
    header = {**HEADER, "settings": {**HEADER["settings"], "volumes_together": 4}}
    run = written(tmp_path / "run.json", entries, header=header)
    (found,) = verdicts(run, base, GateConfig(), kind="speed")
    assert found.outcome == "undecided"
    assert found.reason == "timed with --sam-volumes-together 4, the baseline with auto; expected both alike"


def test_volumes_together_are_part_of_the_identity_of_a_model_that_propagates_and_of_no_other():
    for arch, differs in (("sam2_micro", True), ("sam_micro", False)):
        plain, four = (load_model(untrained(arch), device="cpu", volumes=volumes) for volumes in (None, 4))
        assert (identity(plain) != identity(four)) == differs
        assert four.settings.get("volumes_together") == (4 if differs else None)
        assert "volumes_together" not in plain.settings
