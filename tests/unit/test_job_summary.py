"""What a CI job shows: the verdict first, names that cannot break out of the page, and a length GitHub takes."""

import dataclasses
import re

import pytest

from bench_cases.analysis.gate.config import GateConfig
from bench_cases.analysis.gate.gate import judge
from bench_cases.analysis.job_summary import SHOWN, job_summary
from bench_cases.cli import main
from tests.report.report_examples import result
from tests.report.study_examples import scored, study, written

QUIET = GateConfig(speed=(), memory_limit=None)


@pytest.fixture
def base(tmp_path):
    return written(tmp_path / "base.json", study({"sam2": 0.0}))


@pytest.fixture
def worse(tmp_path, base):
    lower = [
        scored(it.case.volume, [value - 0.05 for value in it.scores.per_slice.dice], model="sam2")
        for it in base.results
    ]
    return written(tmp_path / "run.json", lower)


def test_a_regression_stands_first_with_its_reason(worse, base):
    text = job_summary(worse, base, judge(worse, base, QUIET))
    lines = text.splitlines()
    assert lines[0] == "## sambench: ❌ regression"
    assert lines[2].startswith(
        "6 cases: 6 passed, 0 below a floor, 0 ended in an error · cpu A Processor · commit 0000000000"
    )
    assert lines[4] == "### Regressions"
    assert lines[6].startswith("- **quality** coronacases every.composite sam2 dice: lost 0.0500")
    assert "<details><summary>1 verdicts passed</summary>" in text
    row = next(line for line in lines if line.startswith("| coronacases"))
    assert "(-0.050)" in row
    assert "(x 1.00)" in row


def test_a_run_without_a_baseline_is_summed_up_by_its_floors(base, tmp_path):
    assert job_summary(base).startswith("## sambench: ✅ all floors reached")
    failed = [*base.results, result("v1", status="failed"), result("v2", status="error")]
    text = job_summary(written(tmp_path / "f.json", failed))
    assert text.startswith("## sambench: ❌ some cases failed")
    assert "8 cases: 6 passed, 1 below a floor, 1 ended in an error" in text
    assert "lungs-phantom PHANTOM" in text
    assert "these results say nothing about patients" in text
    assert "not run: coronacases: not downloaded" in text
    unfinished = written(tmp_path / "u.json", base.results, complete=False)
    assert job_summary(unfinished).startswith("## sambench: ⚠️ not complete")


def test_a_pass_and_what_cannot_be_judged_have_their_own_words(base, tmp_path):
    again = written(tmp_path / "again.json", base.results)
    assert job_summary(again, base, judge(again, base, QUIET)).startswith("## sambench: ✅ passed")
    stopped = written(tmp_path / "s.json", base.results[:5], complete=False)
    text = job_summary(stopped, base, judge(stopped, base, QUIET))
    assert text.startswith("## sambench: ⚠️ cannot be judged")
    assert "### Cannot be judged" in text


def test_names_and_messages_cannot_break_out_of_the_page(tmp_path):
    name = "<script>alert(1)</script>|@everyone"
    results = [
        dataclasses.replace(
            scored("v1", [0.9], model=name), status="failed", message="](http://bad) <img src=x>\n## a heading"
        )
    ]
    run = written(tmp_path / "run.json", results)
    text = job_summary(run, run, judge(run, run, QUIET))
    assert "<script>" not in text
    assert "<img" not in text
    assert "@everyone" not in text
    assert "\n## a heading" not in text
    table = [line for line in text.splitlines() if line.startswith("|")]
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1


def test_a_summary_of_many_cases_is_cut_so_that_it_fits_a_comment(tmp_path):
    results = [scored(f"v{n:04}", [0.9], model=f"model-{n % 60:03}") for n in range(120)]
    run, base = written(tmp_path / "run.json", results), written(tmp_path / "base.json", results[:1])
    text = job_summary(run, base, judge(run, base, QUIET))
    assert len(text) < 65_536
    assert f"- and {119 - SHOWN} more: see the report" in text
    assert f"- and {60 - SHOWN} more: see the report" in text


def test_what_differs_is_said_of_run_and_baseline(base, tmp_path):
    from tests.report.report_examples import ENVIRONMENT, HEADER

    header = {**HEADER, "environment": {**ENVIRONMENT, "packages": {"numpy": "2.1.0", "transformers": None}}}
    run = written(tmp_path / "run.json", base.results, header=header)
    text = job_summary(run, base, judge(run, base, QUIET))
    assert 'differs: packages.numpy: "2.0.0" in the baseline, "2.1.0" in the run' in text


def test_the_command_writes_markdown_or_text(base, worse, tmp_path, capsys):
    target = tmp_path / "summary.md"
    assert main(["summary", "--markdown", str(worse.path), str(base.path), "-o", str(target)]) == 0
    assert target.read_text(encoding="utf-8").startswith("## sambench: ❌ regression")
    assert main(["summary", str(worse.path), str(base.path)]) == 0
    out = capsys.readouterr().out
    assert "Dice" in out
    assert "REGRESSION quality coronacases every.composite sam2 dice" in out
    config = tmp_path / "gate.toml"
    config.write_text("[quality]\nmargin = 0.2\n[speed]\nstages = []\n[memory]\nlimit = false\n")
    assert main(["summary", "--markdown", str(worse.path), str(base.path), "--config", str(config)]) == 0
    assert capsys.readouterr().out.startswith("## sambench: ✅ passed")


def test_the_baseline_of_the_device_can_be_asked_for(base, worse, tmp_path, capsys):
    folder = str(tmp_path / "kept")
    main(["baseline", "set", str(base.path), "--dir", folder])
    capsys.readouterr()
    assert main(["summary", "--markdown", "--kept-baseline", "--dir", folder, str(worse.path)]) == 0
    assert capsys.readouterr().out.startswith("## sambench: ❌ regression")
    assert main(["summary", "--kept-baseline", str(worse.path), str(base.path)]) == 2
    assert "expected one of the two" in capsys.readouterr().err


def test_a_model_in_anothers_place_stands_beside_it_and_lists_of_names_are_cut(tmp_path, base):
    from tests.report.report_examples import TAIL

    names = ", ".join(f"set{n}" for n in range(43))
    tail = {**TAIL, "not_run": [{"what": f"datasets {names}", "reason": "not on disk", "remedy": ""}]}
    run = written(tmp_path / "run.json", study({"new": -0.05}), tail=tail)
    config = dataclasses.replace(QUIET, models={"new": "sam2"})
    text = job_summary(run, base, judge(run, base, config), models=config.models)
    row = next(line for line in text.splitlines() if line.startswith("| coronacases"))
    assert "new (for sam2)" in row
    assert "(-0.050)" in row
    assert "- not run: datasets set0, set1, set2 and 40 more: not on disk" in text
    assert "- Baseline: 6 cases, sam2, commit 0000000000, 2026-01-01T00:00:00+00:00." in text
