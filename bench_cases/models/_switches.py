"""Switches of torch that change numbers: determinism, attention kernels, TF32, layout in memory, compilation."""

from __future__ import annotations

import importlib
import os
import warnings
from typing import Any

from bench_cases.contracts import LoadOptions

_CUBLAS = "CUBLAS_WORKSPACE_CONFIG"


def set_switches(options: LoadOptions, *, deterministic: bool) -> None:
    """Set every switch, also those that the options leave at torch's default: another model may have moved them.

    Parameters
    ----------
    deterministic
        Take deterministic kernels where there are some, the plain attention, and no search for the fastest convolution.
    """
    import torch
    from torch.backends import cuda, cudnn

    if deterministic:
        # Read when CUDA's library is first used, which is after the first model was loaded.
        os.environ.setdefault(_CUBLAS, ":4096:8")
    # Not an error where a kernel is missing: see `bench_cases.models._devices.inference`.
    torch.use_deterministic_algorithms(deterministic, warn_only=True)
    cudnn.deterministic = deterministic
    cudnn.benchmark = False
    fused = not deterministic and options.attention == "auto"
    cuda.enable_flash_sdp(fused)
    cuda.enable_mem_efficient_sdp(fused)
    cuda.enable_cudnn_sdp(fused)
    cuda.enable_math_sdp(True)
    # torch's own defaults: products of matrices in full fp32, convolutions in TF32.
    cuda.matmul.allow_tf32 = bool(options.tf32)
    cudnn.allow_tf32 = options.tf32 is not False


def tune_encoder(encoder: Any, options: LoadOptions) -> dict[str, bool]:
    """Lay out and compile an image encoder in place as the options say, and return what a report says of that."""
    if options.channels_last:
        _lay_channels_last(encoder)
    if options.compile:
        compile_encoder(encoder)
    # Named only where it is on, so that models of before there was such an option stay the same models.
    return {"compile": options.compile, **({"channels_last": True} if options.channels_last else {})}


def _lay_channels_last(encoder: Any) -> None:
    """Lay out the weights of convolutions alone: they then bring their input into the same order.

    All parameters of four axes would be too many: SAM's position codes have their channels last already.
    """
    import torch

    for part in encoder.modules():
        if isinstance(part, torch.nn.Conv2d | torch.nn.ConvTranspose2d):
            part.weight.data = part.weight.data.contiguous(memory_format=torch.channels_last)


def compile_encoder(encoder: Any) -> None:
    """Compile an image encoder in place; the first frame pays for it, which warm-ups leave out of the timings."""
    import torch

    with warnings.catch_warnings():
        # The compiler, imported here, uses parts of torch that torch deprecates.
        warnings.simplefilter("ignore", DeprecationWarning)
        importlib.import_module("torch._dynamo")
        encoder.forward = torch.compile(encoder.forward)
