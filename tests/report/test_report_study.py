"""A report keeps its study: through a resumed run, in the table, and as the default of the t-test."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest

from bench_cases import registry, studies
from bench_cases.analysis.comparable import refuse_different_inputs
from bench_cases.analysis.compare import mode_of
from bench_cases.cli import main
from bench_cases.errors import ReportError
from bench_cases.report import Journal, load, write_report
from bench_cases.selection import Wishes
from bench_cases.settings import RunSettings
from tests.report.report_examples import HEADER, TAIL, result

GOLDEN = Path(__file__).parent / "golden" / "report_v1.json"


def study_of(name="g25-volumes"):
    settings = RunSettings(unit="slice", jpeg=True, scaling="slice")
    plan = studies.plan(
        studies.find(name),
        phantom=True,
        datasets=registry.datasets(),
        checkpoints=registry.checkpoints(),
        missing={},
        rules=registry.prompt_rules(),
    )
    return studies.record(plan, studies.overrides(plan, Wishes(), settings), settings)


def write(path, study):
    header = deepcopy(HEADER) | {"study": study}
    ran = result("001", dataset="coronacases-phantom", model="sam2_micro", strategy="middle.composite.both")
    with Journal.open(path, header) as journal:
        journal.append("case", ran.to_json())
        return write_report(path, journal, tail=TAIL)


def test_the_table_is_in_the_report_and_sambench_report_shows_it(tmp_path, capsys):
    path = write(tmp_path / "run.json", study_of())
    study = load(path).raw["study"]
    assert study["overrides"] == []
    assert [(row["set"], row["sets"], row["dice_published"]) for row in study["table"]] == [
        ("coronacases", 1, 0.9477),
        ("radiopaedia", 0, 0.9539),
    ]
    assert main(["report", str(path)]) == 0
    assert "study g25-volumes: " in capsys.readouterr().out


def test_a_run_that_goes_on_from_a_report_keeps_its_study(tmp_path):
    path = write(tmp_path / "run.json", study_of())
    with Journal.open(path, HEADER, resume=True) as journal:
        assert journal.header["study"] == study_of()
        journal.append("case", result("002", dataset="radiopaedia-phantom", model="sam2_micro").to_json())
        write_report(path, journal, tail=TAIL)
    assert load(path).raw["study"]["name"] == "g25-volumes"


def test_a_report_without_a_study_and_one_older_than_studies_load():
    assert "study" not in load(GOLDEN).raw


def test_the_t_test_takes_the_unit_that_the_runs_were_made_for():
    by_volume, by_slice = load(GOLDEN), load(GOLDEN)
    by_slice.raw["settings"]["values"]["unit"] = "slice"
    assert mode_of([by_volume]) == "volume"
    assert mode_of([by_slice]) == mode_of([by_slice, by_slice]) == "paper"
    assert mode_of([by_slice, by_volume]) == "volume"


def test_runs_under_two_windows_are_not_compared():
    lung, none = result(), result()
    lung.details["window"], none.details["window"] = "level -650, width 1500", "none"
    with pytest.raises(ReportError, match=r"the window of lungs-phantom/v1 differ \(level -650, width 1500 and none\)"):
        refuse_different_inputs([lung, none], "A and B")
    refuse_different_inputs([lung, result()], "A and a report older than the field")
