"""What makes results of one machine differ from those of another: builds of libraries, switches of torch."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from bench_cases.contracts import Device


def attention_kernels() -> str:
    """Return the kernels of scaled dot-product attention that torch may choose from, ``math`` being the plain one."""
    import torch

    cuda: Any = torch.backends.cuda  # these switches have no types

    allowed = {
        "flash": cuda.flash_sdp_enabled(),
        "efficient": cuda.mem_efficient_sdp_enabled(),
        "cudnn": cuda.cudnn_sdp_enabled(),
        "math": cuda.math_sdp_enabled(),
    }
    return "+".join(name for name, enabled in allowed.items() if enabled)


@cache
def source_sha256(package: str) -> str:
    """SHA-256, hex, over the Python and YAML files of a package.

    A version says little here: ``sam2`` comes as "sam2 1.1.0" from the package index and as "SAM-2 1.0" from its
    repository with the same modules, and several derived works install modules of that name.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return "not installed"
    root = Path(next(iter(spec.submodule_search_locations)))
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.suffix in {".py", ".yaml"}:
            digest.update(path.relative_to(root).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def version_of(*distributions: str) -> str:
    """Return name and version of the first of `distributions` that is installed."""
    for name in distributions:
        try:
            return f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            continue
    return "unknown"


def torch_facts(device: Device) -> dict[str, Any]:
    """Return torch's versions and the switches that change its numbers on `device`."""
    import torch

    facts: dict[str, Any] = {
        "torch": torch.__version__,
        "torchvision": version_of("torchvision"),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "attention": attention_kernels(),
    }
    if device == "cuda":
        facts["cuda"] = torch.version.cuda
        facts["device_name"] = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
        facts["tf32_matmul"] = torch.backends.cuda.matmul.allow_tf32
        facts["tf32_cudnn"] = torch.backends.cudnn.allow_tf32
        facts["cudnn_benchmark"] = torch.backends.cudnn.benchmark
    if device == "mps":
        # Operators that MPS lacks run on the CPU when this is set, and fail when it is not.
        facts["mps_fallback"] = os.environ.get("PYTORCH_ENABLE_MPS_FALLBACK", "")
    return facts
