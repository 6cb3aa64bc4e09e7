"""Peak memory of the process and of the device, in bytes."""

from __future__ import annotations

import os
import sys

from bench_cases.contracts import Device


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
