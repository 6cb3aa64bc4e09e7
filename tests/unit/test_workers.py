"""What workers of xdist are told, what they make of it, and how a case is known by its id."""

import os
from types import SimpleNamespace

import pytest

from bench_cases.cases import Case
from bench_cases.pytest_plugin import parallel, worker
from bench_cases.pytest_plugin.bench import KEY
from bench_cases.pytest_plugin.case_ids import WHOLE, CaseIds, case_id
from bench_cases.scale.gpus import VARIABLE
from bench_cases.scale.groups import GroupKey
from tests.fakes import BarDataset


class Node:
    """What xdist hands to its hooks."""

    def __init__(self, name: str) -> None:
        self.gateway = type("Gateway", (), {"id": name})
        self.workerinput: dict = {}


class Configured:
    """A configuration with the device that was asked for."""

    def __init__(self, device: str = "auto", **told: object) -> None:
        self.device = device
        self.stash: dict = {}
        if told:
            self.workerinput = {worker.INPUT: told}

    def getoption(self, name: str) -> str | None:
        return self.device if name == "--sam-device" else None


def test_each_worker_is_told_a_gpu_and_one_that_follows_a_loss_takes_its_place(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,7")
    starter = parallel.Parallel(Configured())  # type: ignore[arg-type]
    nodes = [Node(f"gw{number}") for number in range(4)]
    for node in nodes[:3]:
        starter.pytest_configure_node(node)
    starter.pytest_testnodedown(nodes[1])
    starter.pytest_configure_node(nodes[3])
    assert [node.workerinput[worker.INPUT]["gpu"] for node in nodes] == ["4", "7", "4", "7"]
    assert parallel.number_of_workers(Configured()) == 2  # type: ignore[arg-type]
    assert parallel.number_of_workers(Configured("cpu")) is None  # type: ignore[arg-type]
    on_cpu = parallel.Parallel(Configured("cpu"))  # type: ignore[arg-type]
    on_cpu.pytest_configure_node(nodes[0])
    assert nodes[0].workerinput[worker.INPUT]["gpu"] is None


def test_a_worker_sees_its_gpu_alone_or_computes_on_one_thread(monkeypatch):
    for name in (VARIABLE, *worker.THREADS):
        monkeypatch.setenv(name, "as it was")
    worker.bind(Configured())  # type: ignore[arg-type]
    assert os.environ[VARIABLE] == os.environ["OMP_NUM_THREADS"] == "as it was"
    worker.bind(Configured(gpu="GPU-7", report=""))  # type: ignore[arg-type]
    assert [os.environ[VARIABLE], os.environ["OMP_NUM_THREADS"]] == ["GPU-7", "as it was"]
    worker.bind(Configured(gpu=None, report=""))  # type: ignore[arg-type]
    assert [os.environ[VARIABLE], os.environ["OMP_NUM_THREADS"]] == ["GPU-7", "1"]


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


def starter_of_cases() -> parallel.Parallel:
    """Return what starts workers of a run with one dataset and one model."""
    datasets = {"bars": BarDataset(name="bars")}
    settings = SimpleNamespace(limit_slices=7)
    config = Configured("cpu")
    config.stash = {KEY: SimpleNamespace(datasets=datasets, checkpoints={"sam": None}, settings=settings)}
    return parallel.Parallel(config)  # type: ignore[arg-type]


def crash(longrepr: str) -> pytest.TestReport:
    return pytest.TestReport("x", ("x", None, "x"), {}, "failed", longrepr, "call")


def test_tests_are_placed_by_group_and_those_over_whole_sets_come_last(monkeypatch):
    monkeypatch.setattr(parallel, "model_weights", lambda _: lambda _: 2)
    names = ["bars/a-sam-every.box", "bars/a-sam-every.point", "bars-sam-every.box", "bars-sam"]
    placed = starter_of_cases().place([*(f"t.py::test_it[{name}]" for name in names), "t.py::test_other"])
    assert [it.group for it in placed] == [
        *[GroupKey("bars", "a", "sam")] * 2,
        *[GroupKey("bars", WHOLE, "sam")] * 2,
        GroupKey("", "t.py::test_other", ""),
    ]
    assert [it.last for it in placed] == [False, False, True, False, False]
    assert placed[0].cost == placed[1].cost == 7 * 2 * 12


def test_a_test_that_cost_too_many_workers_leaves_an_error():
    report = crash("worker 'gw0' crashed")
    starter_of_cases().pytest_handlecrashitem("t.py::test_it[bars/a-sam-every.box]", report)
    ((kind, record),) = report.sambench
    assert (kind, record["status"]) == ("case", "error")
    assert record["case"] == {"dataset": "bars", "volume": "a", "model": "sam", "strategy": "every.box"}
    assert record["message"].startswith("worker 'gw0' crashed; expected it to end. Is there memory for it?")
    other = crash("")
    starter_of_cases().pytest_handlecrashitem("t.py::test_other", other)
    assert not hasattr(other, "sambench")
