"""Devices, precision and the facts that are written down about a machine; importing the adapters costs nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
import torch

from bench_cases.contracts import Device
from bench_cases.errors import SelectionError
from bench_cases.models import _facts
from bench_cases.models._devices import check_precision, inference, pick_device, synchroniser


def test_auto_takes_the_fastest_device_there_is() -> None:
    assert pick_device("cpu") == "cpu"
    fastest = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert pick_device() == fastest


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has CUDA")
def test_a_device_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(SelectionError, match=r"device 'cuda' is not available to torch .*; this machine offers .*cpu"):
        pick_device("cuda")


def test_names_that_are_none_are_refused() -> None:
    with pytest.raises(SelectionError, match=r"'gpu' is not a device; expected auto, cpu, cuda, mps."):
        pick_device("gpu")
    with pytest.raises(SelectionError, match=r"'fp8' is not a precision; expected one of fp32, bf16, fp16."):
        check_precision("fp8")


def test_each_device_is_waited_for_by_its_own_means() -> None:
    assert synchroniser("cpu") is None
    assert synchroniser("cuda") is torch.cuda.synchronize
    assert synchroniser("mps") is torch.mps.synchronize


def test_fewer_bits_are_an_autocast_without_gradients() -> None:
    weight = torch.ones(2, 2, requires_grad=True)
    for precision, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16), ("fp16", torch.float16)):
        with inference("cpu", check_precision(precision)):
            product = weight @ weight
        assert (product.dtype, product.requires_grad) == (dtype, False)
    assert not torch.is_autocast_enabled("cpu")
    assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize("device", get_args(Device))
def test_the_facts_of_a_device_can_be_written_down(device: Device) -> None:
    facts = _facts.torch_facts(device)
    assert facts["torch"] == torch.__version__
    assert ("tf32_matmul" in facts, "mps_fallback" in facts) == (device == "cuda", device == "mps")


def test_a_build_is_known_by_its_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    digests = set()
    for number, content in enumerate(("a = 1", "a = 2")):
        package = tmp_path / f"sources_{number}"
        package.mkdir()
        (package / "__init__.py").write_text(content)
        (package / "notes.txt").write_text("not a source")
        digests.add(_facts.source_sha256(package.name))
    assert len(digests) == 2
    assert _facts.source_sha256("no_such_package") == "not installed"


def test_a_library_is_known_by_the_first_distribution_that_is_installed() -> None:
    assert _facts.version_of("no-such-distribution", "pytest") == f"pytest {pytest.__version__}"
    assert _facts.version_of("no-such-distribution") == "unknown"


def test_importing_the_adapters_and_the_table_imports_no_library() -> None:
    code = (
        "import sys, pkgutil, importlib, bench_cases.models as models\n"
        "[importlib.import_module(f'bench_cases.models.{m.name}') for m in pkgutil.iter_modules(models.__path__)]\n"
        "from bench_cases.models.backends import backends\n"
        "from bench_cases.models.checkpoints import CHECKPOINTS, missing\n"
        "runnable = [c for c in CHECKPOINTS if not c.blocked]\n"
        "print([(c.name, backends()[c.backend].modes(c.arch), missing(c)) for c in runnable][0][0])\n"
        "print(sorted({'torch', 'torchvision', 'sam2', 'segment_anything', 'hydra', 'safetensors'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["sam_micro", "[]"]
