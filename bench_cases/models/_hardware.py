"""What an accelerator is: the facts without which timings say nothing. A processor is described by the run itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, Protocol

from bench_cases.contracts import Device

_DRIVER: Final = Path("/proc/driver/nvidia/version")
_VERSION: Final = re.compile(r"\s(\d+\.\d[\d.]*)\s")


class Cuda(Protocol):
    """As much of ``torch.cuda`` as is asked."""

    def current_device(self) -> int:
        """Return the number of the device in use."""
        ...

    def device_count(self) -> int:
        """Return how many devices this process sees."""
        ...

    def get_device_properties(self, device: int, /) -> Any:
        """Return an object with ``name``, ``total_memory`` (bytes), ``major`` and ``minor``."""
        ...


def hardware(device: Device) -> dict[str, Any]:
    """Return the facts of the accelerator in use; none of a CPU, and none that torch knows of Apple's."""
    if device != "cuda":
        return {}
    import torch

    return of_cuda(torch.cuda, cuda_version=torch.version.cuda)


def of_cuda(cuda: Cuda, *, cuda_version: str | None, driver: Path = _DRIVER) -> dict[str, Any]:
    """Return name, memory, compute capability, number of devices, and the versions of driver and CUDA.

    Parameters
    ----------
    cuda
        ``torch.cuda``.
    cuda_version
        CUDA that torch was built with; None for another maker's.
    driver
        Where the kernel module tells its version; torch knows it only as a CUDA level.
    """
    properties = cuda.get_device_properties(cuda.current_device())
    return {
        "name": properties.name,
        "memory_bytes": properties.total_memory,
        "compute_capability": f"{properties.major}.{properties.minor}",
        "count": cuda.device_count(),
        "driver": _driver_version(driver),
        "cuda": cuda_version,
    }


def _driver_version(path: Path) -> str | None:
    try:
        found = _VERSION.search(path.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return None
    return None if found is None else found[1]
