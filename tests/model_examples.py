"""Small models, frames and prompts for the tests of the adapters: real architectures with 2 million weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.overrides import TorchFunctionMode

from bench_cases.contracts import Checkpoint, LoadedModel
from bench_cases.models.backends import backend_of
from bench_cases.models.checkpoints import missing, resolve
from bench_cases.models.loading import load_model
from bench_cases.prompt import Prompt

MICRO = ("sam_micro", "sam2_micro")
SIZES_YX = ((256, 256), (160, 256), (200, 97))


def untrained(arch: str) -> Checkpoint:
    backend = backend_of(arch)
    return Checkpoint(name=f"untrained_{arch}", backend=backend.name, arch=arch, file="", modes=backend.modes(arch))


def load_untrained(arch: str, precision: str = "fp32") -> LoadedModel:
    return load_model(untrained(arch), device="cpu", precision=precision)


def load_example(arch: str, weights: str) -> LoadedModel | None:
    """Load random or shipped weights; None where the latter are not there."""
    if weights == "random":
        return with_objects(load_untrained(arch))
    return None if missing(resolve(arch)) else load_model(resolve(arch), device="cpu")


def with_objects(model: LoadedModel) -> LoadedModel:
    """Make untrained SAM 2 see an object in every frame, where chance would have it see none and give empty masks."""
    if model.video is not None:
        head = model.video.module.sam_mask_decoder.pred_obj_score_head  # type: ignore[attr-defined]
        head.layers[-1].bias += 10
    return model


def frame_of(size_yx: tuple[int, int], seed: int = 0) -> NDArray[np.uint8]:
    """Two dark ellipses on a textured bright one, moved a little by the seed."""
    rng = np.random.default_rng(seed)
    y, x = (axis / side - 0.5 for axis, side in zip(np.indices(size_yx), size_yx, strict=True))
    shift = 0.01 * seed
    grey = np.where((x / 0.45) ** 2 + (y / 0.42) ** 2 < 1, 170.0, 10.0)
    for centre in (-0.2, 0.2):
        grey[((x - centre) / 0.14) ** 2 + ((y - shift) / 0.25) ** 2 < 1] = 40
    noisy = np.clip(grey + rng.normal(0, 8, size_yx), 0, 255).astype(np.uint8)
    return np.repeat(noisy[..., np.newaxis], 3, axis=2)


def prompt_of(kind: str, size_yx: tuple[int, int]) -> Prompt:
    height, width = size_yx
    inside = (round(0.3 * width), round(0.5 * height))
    box = (round(0.15 * width), round(0.25 * height), round(0.85 * width), round(0.75 * height))
    match kind:
        case "point":
            return Prompt(size_yx=size_yx, points_xy=(inside,), labels=(1,))
        case "box":
            return Prompt(size_yx=size_yx, box_xyxy=box)
        case "composite":
            points = (inside, (round(0.7 * width), round(0.5 * height)), (round(0.5 * width), round(0.5 * height)))
            return Prompt(size_yx=size_yx, box_xyxy=box, points_xy=points, labels=(1, 1, 0))
        case _:
            raise ValueError(kind)


class WithoutMemory(TorchFunctionMode):
    """Put new weights on the `meta` device: full-size networks are built in a blink and hold nothing."""

    MAKERS = (torch.empty, torch.zeros, torch.ones, torch.rand, torch.randn)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in self.MAKERS and kwargs.get("device") is None:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)
