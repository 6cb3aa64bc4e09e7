"""How long the device was at work during a run; what is left of the wall time it was idle."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from bench_cases.contracts import Device


def busy_seconds(device: Device, run: Callable[[], object]) -> float | None:
    """Return the seconds in which at least one kernel or copy ran on a CUDA device; None on others.

    The profiler slows the host, not the kernels: the run under it is not timed, its kernels are.
    """
    if device != "cuda":
        return None
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CUDA]) as profiler:
        run()
    return covered(_spans(profiler.events())) / 1e6


def _spans(events: Iterable[Any]) -> list[tuple[float, float]]:
    """Return start and end, in microseconds, of what ran on the device."""
    return [(it.time_range.start, it.time_range.end) for it in events if it.device_type.name == "CUDA"]


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """Return the length of the union of spans: kernels may run beside each other.

    >>> covered([(0, 2), (1, 3), (5, 6)])
    4.0
    """
    total = 0.0
    reached = float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return float(total)
