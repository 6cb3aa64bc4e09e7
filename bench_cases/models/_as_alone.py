"""On a CPU, a batch whose every sample has the bits that it would have alone (predicted IoU once missed the last one).

Seen with torch 2.11 on x86 (AVX-512), in every operation of SAM 2's tracking, with 2 to 24 samples: attention, layer
norms and products with many rows a sample give equal bits. What differs in the last bits, and is done sample by sample
here, is

* a product with one row a sample: one row takes a kernel that adds up in another order than several do;
* a small product of a matrix ``(B, n, k)`` with ``(k, m)``, which is one product of ``B * n`` rows;
* a convolution with a kernel of one pixel, which is a product of matrices too, from 16 samples on, with two threads
  from 5;
* a sigmoid of a few numbers a sample, where vector and scalar code differ.

Other convolutions take the layout of their input: one sample with its channels last counts as contiguous, several do
not, and the sums that follow are in another order. They are given contiguous samples.

The memory between frames is rounded to bfloat16, which makes of a last bit a 256th: that is why bits are kept.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from bench_cases.contracts import Device, Precision


def as_alone(samples: int, *, device: Device, precision: Precision) -> AbstractContextManager[Any]:
    """Return a context in which batches of `samples` have the bits of each alone; of no effect but on a CPU in fp32."""
    if samples == 1 or device != "cpu" or precision != "fp32":
        return nullcontext()
    mode: AbstractContextManager[Any] = _mode()(samples)
    return mode


@cache
def _mode() -> Any:
    """Derive the class when it is first needed."""
    import torch
    from torch.nn.functional import conv2d, conv_transpose2d, linear, sigmoid
    from torch.overrides import TorchFunctionMode

    products = {torch.matmul, torch.Tensor.matmul, torch.Tensor.__matmul__}
    sigmoids = {sigmoid, torch.sigmoid, torch.Tensor.sigmoid}

    class AsAlone(TorchFunctionMode):  # type: ignore[misc, unused-ignore]
        """See the module."""

        def __init__(self, samples: int) -> None:
            super().__init__()
            self.samples = samples

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            kwargs = kwargs or {}
            if func in {conv2d, conv_transpose2d}:
                args = (args[0].contiguous(), *args[1:])
            if self._one_by_one(func, args):
                return torch.cat([func(sample, *args[1:], **kwargs) for sample in args[0].split(1)])
            return func(*args, **kwargs)

        def _one_by_one(self, func: Any, args: Any) -> bool:
            if func is conv2d:
                return bool(args[1].shape[-2:] == (1, 1))
            if func is linear or func in sigmoids:
                return args[0].ndim == 2 and len(args[0]) == self.samples
            return func in products and args[1].ndim == 2 and len(args[0]) == self.samples

    return AsAlone
