"""Floating-point operations of a run, counted by torch; two for each multiplication with its addition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def count_operations(run: Callable[[], object]) -> int:
    """Return the operations of matrix products, convolutions and attention in `run`; element by element ones are not.

    The counter slows what it counts: a run that is counted is not timed.
    """
    import torch
    from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

    def attention(query: Any, key: Any, value: Any, *_: Any, **__: Any) -> int:
        return int(sdpa_flop_count(query, key, value))  # type: ignore[no-untyped-call]

    # Attention has a kernel of its own on a CPU, which torch's counter does not know.
    own = {torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: attention}  # noqa: SLF001 - its only name
    with FlopCounterMode(display=False, custom_mapping=own) as counter:
        run()
    return int(counter.get_total_flops())
