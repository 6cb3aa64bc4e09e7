"""What a run computed on: told by its models, carried forward from older reports, asked before times are compared."""

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bench_cases.analysis.compare import between
from bench_cases.analysis.gate.config import GateConfig
from bench_cases.analysis.gate.gate import judge
from bench_cases.models._hardware import hardware, of_cuda
from bench_cases.report.device import DEVICE, device_of_run
from bench_cases.report.environment import machine_info
from bench_cases.report.read import load
from bench_cases.report.schema import validate
from tests.report.report_examples import ENVIRONMENT, HEADER, TAIL
from tests.report.study_examples import study, written
from tests.unit.test_gate import timed

GOLDEN = Path(__file__).parents[1] / "report" / "golden" / "report_v1.json"
H200 = {
    "name": "NVIDIA H200", "memory_bytes": 150_000_000_000, "compute_capability": "9.0", "count": 8,
    "driver": "570.86.15", "cuda": "12.8",
}  # fmt: skip
TIMES = dataclasses.replace(GateConfig(), metrics=(), memory_limit=None)


class FakeCuda:
    """As much of ``torch.cuda`` as is asked."""

    def current_device(self) -> int:
        return 3

    def device_count(self) -> int:
        return 8

    def get_device_properties(self, device: int, /) -> SimpleNamespace:
        assert device == 3
        return SimpleNamespace(name="NVIDIA H200", total_memory=150_000_000_000, major=9, minor=0)


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86.15  Release Build  (dvs)\n", "570.86.15"),
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\n", "550.54.15"),
        ("something else\n", None),
        (None, None),
    ],
)
def test_an_accelerator_is_described_with_its_driver(tmp_path, line, version):
    driver = tmp_path / "version"
    if line is not None:
        driver.write_text(line)
    found = of_cuda(FakeCuda(), cuda_version="12.8", driver=driver)
    assert found == {**H200, "driver": version}
    assert found.keys() < DEVICE.fields.keys()
    assert hardware("cpu") == {}


def test_the_device_is_that_of_the_models_under_test():
    row = {"device": "cpu"}
    models: dict[str, dict[str, Any]] = {"sam2": {"device": "cuda", "hardware": H200}, "baseline_threshold": row}
    found = device_of_run(ENVIRONMENT, models)
    assert found == {**H200, "type": "cuda", "cores": None}
    alone = device_of_run(ENVIRONMENT, {"baseline_threshold": row})
    assert (alone["type"], alone["name"], alone["cores"]) == ("cpu", "A Processor", 2)
    nothing = device_of_run({"cpu": ENVIRONMENT["cpu"]}, {})
    assert (nothing["type"], nothing["name"]) == ("unknown", "A Processor")


def test_models_on_several_devices_name_all_of_them_and_no_number_that_they_do_not_share():
    other = {**H200, "name": "NVIDIA A100", "memory_bytes": 80_000_000_000}
    models = {name: {"device": "cuda", "hardware": facts} for name, facts in (("a", H200), ("b", other))}
    found = device_of_run(ENVIRONMENT, models)
    assert (found["name"], found["memory_bytes"], found["driver"]) == ("NVIDIA A100 and NVIDIA H200", None, "570.86.15")


def test_a_report_of_version_1_is_carried_forward_with_what_its_models_say():
    old = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert load(GOLDEN).raw["environment"]["device"] == {
        **dict.fromkeys(DEVICE.fields), "type": "cpu", "name": "A Processor", "cores": 2,
    }  # fmt: skip
    model = {**old["models"]["model-a"], "device": "cuda", "settings": {"device_name": "NVIDIA H200"}}
    del old["environment"]["device"]
    device = validate({**old, "models": {"model-a": model}}, "run.json")["environment"]["device"]
    assert (device["type"], device["name"], device["memory_bytes"]) == ("cuda", "NVIDIA H200", None)


def test_the_rows_for_pytest_benchmark_name_the_device_too():
    assert machine_info({"device": H200})["device"] == "NVIDIA H200"


def on(*, cores=2, **facts):
    model = {**TAIL["models"]["model-a"], **({"device": "cuda", "hardware": facts} if facts else {"device": "cpu"})}
    environment = {**ENVIRONMENT, "cpu": {"name": "A Processor", "count": cores}}
    return {"header": {**HEADER, "environment": environment}, "tail": {**TAIL, "models": {"sam2": model}}}


@pytest.mark.parametrize(
    ("ours", "theirs", "reason"),
    [
        (on(**H200), on(), "timed on cuda NVIDIA H200, the baseline on cpu A Processor; expected one device."),
        (
            on(cores=16), on(),
            "timed on cpu A Processor, 16 cores, the baseline on cpu A Processor, 2 cores; expected one device.",
        ),
        (
            on(**H200), on(**{**H200, "memory_bytes": 2**36}),
            "timed on cuda NVIDIA H200, 140 GiB, the baseline on cuda NVIDIA H200, 64 GiB; expected one device.",
        ),
        (on(**H200), on(**{**H200, "memory_bytes": None, "driver": "550.1"}), None),
    ],
)  # fmt: skip
def test_times_of_two_devices_are_not_judged_and_a_comparison_says_so(tmp_path, ours, theirs, reason):
    run = written(tmp_path / "run.json", timed(study({"sam2": 0.0}), seed=1), **ours)
    base = written(tmp_path / "base.json", timed(study({"sam2": 0.0})), **theirs)
    found = [it for it in judge(run, base, TIMES) if it.kind == "speed"]
    warned = [line for line in between(base, run).warnings if "timed on" in line]
    if reason is None:
        assert {it.outcome for it in found} == {"pass"}
        assert warned == []
        return
    (only,) = found
    assert (only.outcome, only.more_data) == ("undecided", False)
    assert only.reason.startswith(reason)
    (line,) = warned
    assert line.endswith("a ratio of times is one of devices too, and says nothing of a model.")


def test_parts_that_were_timed_on_several_devices_are_not_judged(tmp_path):
    base = written(tmp_path / "base.json", timed(study({"sam2": 0.0})), **on())
    run = written(tmp_path / "run.json", timed(study({"sam2": 0.0}), seed=1), **on())
    parts = [{"device": {"type": "cuda", "name": name}} for name in ("NVIDIA A100", "NVIDIA H200")]
    run.raw["run"]["merged"] = {"parts": parts}
    (only,) = [it for it in judge(run, base, TIMES) if it.kind == "speed"]
    assert only.reason == "parts of the run were timed on cuda NVIDIA A100 and cuda NVIDIA H200; expected one device"
