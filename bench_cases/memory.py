"""Memory of the process and of the device, in bytes: its peak, what is left, and whether it ran out."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from bench_cases.contracts import Device

T = TypeVar("T")


class DeviceMemory(Protocol):
    """Memory of a device on which it can be measured."""

    def taken(self, run: Callable[[], T]) -> tuple[T, int]:
        """Return what `run` returns, and by how many bytes the memory in use rose at its peak."""
        ...

    def free_bytes(self) -> int:
        """How many bytes can still be allocated."""
        ...

    def let_go(self) -> None:
        """Give back what is kept for later, so that it can be allocated in other pieces."""
        ...


@dataclass(frozen=True, slots=True)
class CudaMemory:
    """Memory of the current CUDA device, as torch's allocator sees it."""

    def taken(self, run: Callable[[], T]) -> tuple[T, int]:
        """Return what `run` returns, and by how many bytes the memory in use rose at its peak; starts a new peak."""
        import torch

        reset_peak("cuda")
        before = torch.cuda.memory_allocated()
        result = run()
        return result, torch.cuda.max_memory_allocated() - before

    def free_bytes(self) -> int:
        """What the driver has left, and what the allocator keeps unused."""
        import torch

        return torch.cuda.mem_get_info()[0] + torch.cuda.memory_reserved() - torch.cuda.memory_allocated()

    def let_go(self) -> None:
        """Empty the allocator's cache."""
        import torch

        torch.cuda.empty_cache()


def memory_of(device: Device) -> DeviceMemory | None:
    """Return the memory of a device; None where a peak cannot be measured."""
    return CudaMemory() if device == "cuda" else None


_LACKS: Final = (
    "MPS backend out of memory",
    "DefaultCPUAllocator: can't allocate memory",
    "DefaultCPUAllocator: not enough memory",  # on Windows
)
"""What torch says, in an error of no kind of its own, where memory of another device than CUDA's ran out."""


def is_exhausted(error: Exception) -> bool:
    """Tell whether a device ran out of memory; a processor's memory counts too."""
    torch = sys.modules.get("torch")
    if torch is None:
        return False
    told = isinstance(error, RuntimeError) and any(lack in str(error) for lack in _LACKS)
    return told or isinstance(error, torch.OutOfMemoryError)


def reset_peak(device: Device) -> None:
    """Start a new peak on the device; a process's own peak cannot be reset."""
    if device == "cuda":
        import torch

        torch.cuda.reset_peak_memory_stats()


def peak(device: Device) -> dict[str, int | None]:
    """Return ``process`` (resident set, since the process began) and ``device`` (allocated, since `reset_peak`).

    Either is None where the platform does not tell.
    """
    return {"process": _process_peak(), "device": _device_peak(device)}


def installed() -> int:
    """Return the bytes of memory that the machine has, whoever uses them; 16 GiB where the platform does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return 16 << 30


def room() -> int:
    """Return the bytes that work on a scan may take: half of what there is; libraries and weights have the rest."""
    return installed() // 2


def _process_peak() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux kibibytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _device_peak(device: Device) -> int | None:
    if device != "cuda":
        return None
    import torch

    return int(torch.cuda.max_memory_allocated())
