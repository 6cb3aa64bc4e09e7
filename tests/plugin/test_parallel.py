"""Several processes: whole groups, one report, nothing lost with a worker; parts that are merged equal the whole."""

import ast
import json
import os
import subprocess
import sys

import nibabel
import numpy as np
import pytest

from bench_cases.cases import Case
from bench_cases.cli import main
from bench_cases.pytest_plugin import parallel, worker
from bench_cases.pytest_plugin.case_ids import WHOLE, CaseIds, case_id
from tests.fakes import BarDataset
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


def test_workers_and_parts_leave_what_one_process_does_whoever_dies(pytester, set_of_four, capsys):
    def read(name: str) -> dict:
        report: dict = json.loads((pytester.path / name).read_text())
        return report

    alone = pytester.runpytest_inprocess(*set_of_four, "-k", "not latency", "--sam-report=whole.json")
    alone.assert_outcomes(passed=16, failed=4, deselected=4)
    whole = read("whole.json")

    # Two workers. One is killed in the middle of a group, which is run again; one test kills whoever runs it.
    unlucky, deadly = "mine/c-sam_micro-every.box", "mine/d-sam2_micro-every.box"
    deaths = json.dumps({unlucky: 1, deadly: 9})
    code, output = spawn(pytester, *set_of_four, "-n2", "--sam-report=two.json", "-v", DEADLY=deaths)
    assert code == 1, output  # the floors over the whole set are missed, as alone
    assert output.count(" PASSED ") == 15, output
    assert output.count("FAILED test_dataset.py") == 4, output
    two = read("two.json")
    found, expected = comparable(two), comparable(whole)
    lost = {"mine/d/sam2_micro/every.box"}
    assert set(found) == set(expected)
    assert {key: case for key, case in found.items() if key not in lost} == {
        key: case for key, case in expected.items() if key not in lost
    }
    (error,) = (case for key, case in cases(two).items() if key in lost)
    assert error["status"] == "error"
    assert "crashed while running" in error["message"]
    assert two["run"]["complete"] is True
    assert any("was lost while it ran" in note and unlucky in note for note in two["run"]["notes"])
    assert two["settings"]["values"]["timings_taken_under_load"] is True
    left = [ast.literal_eval(path.read_text()) for path in pytester.path.glob("loads-*.txt")]
    assert left
    assert all(count == 1 for loads, _, _ in left for count in loads.values())
    assert all(threads == "1" for _, _, threads in left)

    # Three parts, merged: as if they had been one.
    for number in (1, 2, 3):
        name = f"--sam-report=part-{number}.json"
        result = pytester.runpytest_inprocess(*set_of_four, "-k", "not latency", f"--sam-shard={number}/3", name)
        assert result.ret == 0
        assert any("floors of whole datasets: mine-sam_micro-every.composite" in line for line in result.outlines)
    parts = [str(pytester.path / f"part-{number}.json") for number in (3, 1, 2)]
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


class Node:
    """What xdist hands to its hooks."""

    def __init__(self, name: str) -> None:
        self.gateway = type("Gateway", (), {"id": name})
        self.workerinput: dict = {}


class Configured:
    """A configuration with the device that was asked for."""

    def __init__(self, device: str = "auto", **told: object) -> None:
        self.device = device
        if told:
            self.workerinput = {worker.INPUT: told}

    def getoption(self, name: str) -> str | None:
        return self.device if name == "--sam-device" else None


def test_each_worker_is_told_a_gpu_and_one_that_follows_a_loss_takes_its_place(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    starter = parallel.Parallel(Configured())  # type: ignore[arg-type]
    nodes = [Node(f"gw{number}") for number in range(4)]
    for node in nodes[:3]:
        starter.pytest_configure_node(node)  # type: ignore[arg-type]
    starter.pytest_testnodedown(nodes[1])  # type: ignore[arg-type]
    starter.pytest_configure_node(nodes[3])  # type: ignore[arg-type]
    assert [node.workerinput[worker.INPUT]["gpu"] for node in nodes] == ["4", "7", "4", "7"]
    assert parallel.number_of_workers(Configured()) == 2  # type: ignore[arg-type]
    assert parallel.number_of_workers(Configured("cpu")) is None  # type: ignore[arg-type]
    on_cpu = parallel.Parallel(Configured("cpu"))  # type: ignore[arg-type]
    on_cpu.pytest_configure_node(nodes[0])  # type: ignore[arg-type]
    assert nodes[0].workerinput[worker.INPUT]["gpu"] is None


def test_a_worker_sees_its_gpu_alone_or_computes_on_one_thread(monkeypatch):
    for name in (worker.VARIABLE, *worker.THREADS):
        monkeypatch.setenv(name, "as it was")
    worker.bind(Configured())  # type: ignore[arg-type]
    assert os.environ[worker.VARIABLE] == os.environ["OMP_NUM_THREADS"] == "as it was"
    worker.bind(Configured(gpu="GPU-7", report=""))  # type: ignore[arg-type]
    assert [os.environ[worker.VARIABLE], os.environ["OMP_NUM_THREADS"]] == ["GPU-7", "as it was"]
    worker.bind(Configured(gpu=None, report=""))  # type: ignore[arg-type]
    assert [os.environ[worker.VARIABLE], os.environ["OMP_NUM_THREADS"]] == ["GPU-7", "1"]


@pytest.mark.parametrize(
    "one",
    [
        Case("a-set", "v-1", "sam2.1_large", "middle.composite.both"),
        Case("a-set:liver+spleen", "é", "sam-micro", "every.box"),
        Case("a", "v-1", "sam", "every.box"),
        Case("a-set", WHOLE, "sam-micro", "every.box"),
        Case("a", WHOLE, "sam", WHOLE),
    ],
)
def test_a_case_is_read_from_an_id_by_the_names_that_are_known(one):
    datasets = {name: BarDataset(name=name, ids=("v", "v-1", "é")) for name in ("a", "a-set")}
    known = CaseIds(datasets, ("sam", "sam-micro", "sam2.1_large"))
    shown = case_id(one).encode("unicode_escape").decode("ascii")
    assert known.case(f"benchmark/test_volume.py::test_volume[{shown}]") == one
    for other in ("test_it", "test_it[3]", "test_it[gone/v-sam-every.box]", "test_it[a/gone-sam-every.box]"):
        assert known.case(f"test.py::{other}") is None
