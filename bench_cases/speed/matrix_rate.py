"""What the device can do at most, measured: a large matrix product in the precision of the run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from bench_cases.contracts import Device, Precision

SIDE: Final[dict[Device, int]] = {"cuda": 8192, "mps": 4096, "cpu": 1024}
"""Rows of the matrices: large enough that starting the product costs nothing."""

_REPEATS: Final = 8
_ENOUGH_S: Final = 1.0
"""No further product once they took this long together: where a precision is emulated one takes seconds."""


def matrix_rate(device: Device, precision: Precision, *, synchronise: Callable[[], None] | None = None) -> float:
    """Return operations a second in the fastest of several products of two square matrices.

    Switches of torch such as TF32 are those that hold in the process, as they hold for the model. Convolutions have
    switches of their own: where these let them be faster than products, shares of this rate come out a little high.

    Parameters
    ----------
    synchronise
        Blocks until the device is idle; None on a CPU.
    """
    import torch

    dtype = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    side = SIDE[device]
    left, right = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
    fastest_s, began = float("inf"), time.perf_counter()
    for _ in range(_REPEATS):
        if synchronise is not None:
            synchronise()
        start = time.perf_counter()
        left @ right
        if synchronise is not None:
            synchronise()
        ended = time.perf_counter()
        fastest_s = min(fastest_s, ended - start)
        if ended - began > _ENOUGH_S:
            break
    return 2 * side**3 / fastest_s
