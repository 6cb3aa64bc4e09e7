"""Several processes: whole groups, one report, nothing lost with a worker; parts that are merged equal the whole."""

import ast
import json
import os
import subprocess
import sys

import nibabel
import numpy as np
import pytest

from bench_cases.cli import main
from tests.plugin.conftest import ROOT, cases

LOADS = """
import json, os, pathlib, signal
import pytest
from bench_cases.pytest_plugin.bench import Bench

pytest_plugins = ["bench_cases.pytest_plugin"]


@pytest.hookimpl(trylast=True)
def pytest_runtest_setup(item):
    for name, times in json.loads(os.environ.get("DEADLY", "{}")).items():
        deaths = pathlib.Path("deaths-" + name.replace("/", "_"))
        so_far = len(deaths.read_text()) if deaths.exists() else 0
        if name in item.nodeid and so_far < times:
            deaths.write_text("x" * (so_far + 1))
            os.kill(os.getpid(), signal.SIGKILL)


def pytest_sessionfinish(session):
    if hasattr(session.config, "workerinput"):
        bench = Bench.of(session.config)
        loads = dict(bench.runner.loads)
        seen = [os.environ.get("CUDA_VISIBLE_DEVICES"), os.environ["OMP_NUM_THREADS"]]
        pathlib.Path(f"loads-{session.config.workerinput['workerid']}.txt").write_text(repr((loads, *seen)))
"""


@pytest.fixture
def set_of_four(pytester):
    """Four volumes of three slices with a bright square; one test a volume, one over the set, one of latency."""
    folder = pytester.path / "squares"
    for number, name in enumerate("abcd"):
        (folder / name).mkdir(parents=True)
        mask = np.zeros((32, 32, 3), np.uint8)
        mask[8 : 20 + number, 8:20] = 1
        nibabel.save(nibabel.Nifti1Image((mask * 200).astype(np.int16), np.eye(4)), folder / name / "i.nii.gz")
        nibabel.save(nibabel.Nifti1Image(mask, np.eye(4)), folder / name / "m.nii.gz")
    (folder / "dataset.toml").write_text(
        'modality = "CT"\ntarget = "square"\nimage = "{id}/i.nii.gz"\nmask = "{id}/m.nii.gz"\nlabels = [1]\n'
    )
    pytester.makeconftest(LOADS)
    for name in ("test_volume", "test_dataset", "test_latency"):
        (pytester.path / f"{name}.py").write_text((ROOT / "benchmark" / f"{name}.py").read_text())
    (pytester.path / "floors.toml").write_text('[[dataset]]\ndataset = "mine"\ndice = 1.0\njaccard = 0.0\n')
    return (
        f"--sam-folder=mine={folder}",
        "--sam-model=sam_micro,sam2_micro",
        "--sam-strategy=every.composite,every.box",
        "--sam-device=cpu",
        "-p",
        "no:cacheprovider",
    )


def spawn(pytester, *options: str, **environment: str) -> tuple[int, str]:
    finished = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=pytester.path,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    return finished.returncode, finished.stdout + finished.stderr


def comparable(report: dict) -> dict:
    names = ("status", "scores", "prompts", "digests", "prompts_spent", "floor", "failures", "volume_shape")
    return {key: {name: case[name] for name in names} for key, case in cases(report).items()}


@pytest.mark.cluster
def test_workers_and_parts_leave_what_one_process_does_whoever_dies(pytester, set_of_four, capsys):
    def read(name: str) -> dict:
        report: dict = json.loads((pytester.path / name).read_text())
        return report

    alone = pytester.runpytest_inprocess(*set_of_four, "-k", "not latency", "--sam-report=whole.json")
    alone.assert_outcomes(passed=16, failed=4, deselected=4)
    whole = read("whole.json")

    # Two workers, and a test that kills whoever runs it: its group is run again, and then all of it but that test.
    deadly = "mine/d-sam_micro-every.box"
    code, output = spawn(pytester, *set_of_four, "-n2", "--sam-report=two.json", "-v", DEADLY=json.dumps({deadly: 9}))
    assert code == 1, output  # the floors over the whole set are missed, as alone
    assert output.count(" PASSED ") == 15, output
    assert output.count("] FAILED test_dataset.py") == 4, output
    two = read("two.json")
    found, expected = comparable(two), comparable(whole)
    lost = {"mine/d/sam_micro/every.box"}
    assert set(found) == set(expected)
    assert {key: case for key, case in found.items() if key not in lost} == {
        key: case for key, case in expected.items() if key not in lost
    }
    (error,) = (case for key, case in cases(two).items() if key in lost)
    assert error["status"] == "error"
    assert "crashed while running" in error["message"]
    assert two["run"]["complete"] is True
    assert any("was lost while it ran" in note and deadly in note for note in two["run"]["notes"])
    assert {line["what"]: line["reason"] for line in two["not_run"]}["4 latency cases"] == (
        "timings taken under load mean nothing"
    )
    assert "not run: 4 latency cases - timings taken under load mean nothing; try: run them without -n" in output
    assert two["settings"]["values"]["timings_taken_under_load"] is True
    left = [ast.literal_eval(path.read_text()) for path in pytester.path.glob("loads-*.txt")]
    assert left
    assert all(count == 1 for loads, _, _ in left for count in loads.values())
    assert all(threads == "1" for _, _, threads in left)

    # Four parts, merged: as if they had been one.
    for number in (1, 2, 3, 4):
        name = f"--sam-report=part-{number}.json"
        result = pytester.runpytest_inprocess(*set_of_four, "-k", "not latency", f"--sam-shard={number}/4", name)
        assert result.ret == 0
        assert any("floors of whole datasets: mine-sam" in line for line in result.outlines)
    parts = [str(pytester.path / f"part-{number}.json") for number in (3, 1, 4, 2)]
    capsys.readouterr()
    assert main(["merge", *parts, "-o", str(pytester.path / "merged.json")]) == 1
    assert capsys.readouterr().out.count("floor of a whole dataset missed: mine, ") == 4
    merged = read("merged.json")
    assert comparable(merged) == comparable(whole)
    assert [case["case"] for case in merged["cases"]] == [case["case"] for case in whole["cases"]]
    for name in ("settings", "datasets", "not_run"):
        assert merged[name] == whole[name]
    assert merged["run"]["exit_status"] == whole["run"]["exit_status"] == 1
    assert merged["run"]["counts"] == whole["run"]["counts"]


def test_a_part_is_refused_where_there_are_too_many_or_another_was_begun(pytester, set_of_four):
    few = (*set_of_four, "-k", "mine/a and test_volume")
    result = pytester.runpytest_inprocess(*few, "--sam-shard=1/3")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--sam-shard 1/3: 3 parts of a selection with 2 groups*expected at most 2 parts*"])
    result = pytester.runpytest_inprocess(*few, "--sam-shard=3/2")
    assert "'3/2' is no part of a whole; expected i/n with i from 1 to n, such as 1/4" in result.stderr.str()
    result = pytester.runpytest_inprocess(*few, "--sam-shard=1/2", "--sam-report=run.json")
    result.assert_outcomes(passed=2, deselected=22)
    result = pytester.runpytest_inprocess(*few, "--sam-shard=2/2", "--sam-report=run.json", "--sam-resume")
    assert "the interrupted run was part 1/2, this one is part 2/2; expected the same" in str(result.stderr)
    result = pytester.runpytest_inprocess(*few, "--sam-report=run.json", "--sam-resume")
    assert "part 1/2, this one is no part of a larger one" in str(result.stderr)
