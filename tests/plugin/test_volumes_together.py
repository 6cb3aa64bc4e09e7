"""``--sam-volumes-together``: the report of one volume at a time, with its shares of time marked as such."""

import json
import shutil

import pytest

from tests.plugin.conftest import ROOT, cases
from tests.scan_files import write_squares

VIDEO = (
    "--sam-model=sam2_micro",
    "--sam-strategy=middle.composite.both,dataset.box.both",
    "--sam-limit-volumes=3",
    "--sam-limit-slices=2",
    "--sam-report=run.json",
)


def without_times(case):
    names = ("status", "scores", "prompts", "digests", "prompts_spent", "floor", "failures", "volume_shape")
    return {name: case[name] for name in names}


def test_a_run_of_volumes_together_leaves_the_report_of_one_at_a_time_also_when_it_is_gone_on_with(suite):
    suite.run(*VIDEO).assert_outcomes(passed=6)
    plain = {key: without_times(case) for key, case in cases(suite.report()).items()}
    assert "volumes_together" not in suite.report()["settings"]["values"]
    shutil.move(suite.path / "run.json", suite.path / "plain.json")

    # A part of the cases is done before: of the first volume all, of the second one case.
    first, second, _ = dict.fromkeys(key.split("/")[1] for key in plain)
    together = (*VIDEO, "--sam-volumes-together=2")
    some = suite.run(*together, "-k", f"{first} or ({second} and dataset)")
    some.assert_outcomes(passed=3, deselected=3)
    stamps = {key: case["timings_s"] for key, case in cases(suite.report()).items()}
    suite.cut_short()
    result = suite.run(*together, "--sam-resume")
    result.assert_outcomes(passed=6)
    result.stdout.fnmatch_lines(
        ["*predict in video mode: shares of a batch over up to 2 volumes, no latency of a frame*"]
    )
    report = suite.report()
    found = cases(report)
    assert {key: without_times(case) for key, case in found.items()} == plain
    assert {key: found[key]["timings_s"] for key in stamps} == stamps, "what was finished stays finished"
    assert report["settings"]["values"]["volumes_together"] == 2
    assert report["models"]["sam2_micro"]["settings"]["volumes_together"] == 2
    for case in found.values():
        assert case["details"]["volumes_together"] == {"wanted": 2, "size": 2, "halvings": 0}
        assert case["details"]["propagated_together"]["volumes"] == 2
    rows = [row for row in report["benchmarks"] if row["group"] == "propagate"]
    assert {row["extra_info"]["volumes_together"] for row in rows} == {2}
    assert not any("volumes_together" in row["extra_info"] for row in report["benchmarks"] if row["group"] == "embed")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--sam-isolated"],
            "--sam-volumes-together 2 and --sam-isolated, under which volumes go one by one; expected",
        ),
        (["-n", "2"], "--sam-volumes-together 2 and -n, under which volumes go one by one; expected one of the two."),
        (["--sam-engine=ray"], "--sam-volumes-together 2 and --sam-engine ray, under which volumes go one by one"),
    ],
)
def test_a_number_beside_what_takes_volumes_one_by_one_is_one_line_and_exit_code_4(suite, options, message):
    result = suite.run("--sam-volumes-together=2", *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in result.stdout.str() + result.stderr.str()


def test_a_mistyped_number_is_one_line(suite):
    result = suite.run("--sam-volumes-together=all")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "'all' is no number of volumes; expected auto, or a whole number from 1" in result.stderr.str()


def test_a_part_of_a_run_takes_its_own_volumes_together(suite):
    options = (*VIDEO, "--sam-strategy=middle.box.both", "--sam-volumes-together=3", "--sam-shard=1/2")
    suite.run(*options, "-k", "middle.box").assert_outcomes(passed=1)
    (case,) = json.loads((suite.path / "run.json").read_text())["cases"]
    assert case["details"]["volumes_together"] == {"wanted": 3, "size": 1, "halvings": 0}


SELECTED = """
pytest_plugins = ["bench_cases.pytest_plugin"]


def pytest_runtestloop(session):
    from bench_cases.pytest_plugin.bench import Bench

    assert {case.volume for case in Bench.of(session.config).runner.selection} == {"a", "b"}
"""


def test_the_floor_of_a_whole_dataset_is_no_volume_to_be_taken_along(pytester):
    folder = pytester.path / "squares"
    write_squares(folder)
    pytester.makeconftest(SELECTED)
    for name in ("test_volume", "test_dataset"):
        (pytester.path / f"{name}.py").write_text((ROOT / "benchmark" / f"{name}.py").read_text())
    (pytester.path / "floors.toml").write_text('[[dataset]]\ndataset = "mine"\ndice = 0.0\njaccard = 0.0\n')
    options = ("--sam-model=sam2_micro", "--sam-strategy=middle.box.both", "--sam-volumes-together=3")
    result = pytester.runpytest_inprocess(f"--sam-folder=mine={folder}", *options, "--sam-report=run.json")
    result.assert_outcomes(passed=3)
    found = json.loads((pytester.path / "run.json").read_text())["cases"]
    assert [case["details"]["volumes_together"]["size"] for case in found] == [2, 2]
