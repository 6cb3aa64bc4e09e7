"""Devices and precision: which one, how to wait for it, how to compute in fewer bits."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Final, get_args

from bench_cases.contracts import Device, Precision
from bench_cases.errors import SelectionError

DEVICES: Final = get_args(Device)
PRECISIONS: Final = get_args(Precision)


def pick_device(wanted: str = "auto") -> Device:
    """Return the device to compute on; ``auto`` takes CUDA, then Apple's MPS, then the CPU.

    Raises
    ------
    SelectionError
        For a name that is no device, or a device that this machine or this build of torch does not have.
    """
    import torch

    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        wanted = next(name for name, there in present.items() if there)
    if wanted not in DEVICES:
        msg = f"{wanted!r} is not a device; expected auto, {', '.join(DEVICES)}."
        raise SelectionError(msg)
    if not present[wanted]:
        have = ", ".join(name for name, there in present.items() if there)
        msg = (
            f"device {wanted!r} is not available to torch {torch.__version__}; this machine offers {have}. "
            "Choose one of these or 'auto', or install a torch built for the device."
        )
        raise SelectionError(msg)
    return wanted  # type: ignore[return-value]


def check_precision(wanted: str) -> Precision:
    """Return `wanted` as a precision.

    Raises
    ------
    SelectionError
        When it is none.
    """
    if wanted not in PRECISIONS:
        msg = f"{wanted!r} is not a precision; expected one of {', '.join(PRECISIONS)}."
        raise SelectionError(msg)
    return wanted  # type: ignore[return-value]


@cache
def faster_in_bf16(device: str) -> bool:
    """Time one matrix product in both precisions: what a processor emulates it does not say."""
    import torch

    def best_s(dtype: torch.dtype) -> float:
        matrix = torch.ones(256, 256, dtype=dtype, device=device)
        times = []
        for _ in range(5):
            before = time.perf_counter()
            (matrix @ matrix)[0, 0].item()  # which waits for the device
            times.append(time.perf_counter() - before)
        return min(times)

    return best_s(torch.bfloat16) < best_s(torch.float32)


def synchroniser(device: Device) -> Callable[[], None] | None:
    """Return what blocks until the device is idle; None for a CPU, which never runs ahead."""
    import torch

    if device == "cuda":
        return torch.cuda.synchronize
    if device == "mps":
        return torch.mps.synchronize
    return None


@contextmanager
def inference(device: Device, precision: Precision) -> Iterator[None]:
    """Compute without gradients, in autocast for fewer bits than 32. Never held open across a ``yield`` of results."""
    import torch

    with ExitStack() as stack:
        stack.enter_context(torch.inference_mode())
        if precision != "fp32":
            dtype = torch.bfloat16 if precision == "bf16" else torch.float16
            stack.enter_context(torch.autocast(device, dtype=dtype))
        if torch.are_deterministic_algorithms_enabled():
            # On CUDA the sums behind the positional codes have no such version; they add ones, which is exact.
            stack.enter_context(warnings.catch_warnings())
            warnings.filterwarnings("ignore", ".*does not have a deterministic implementation")
        yield
