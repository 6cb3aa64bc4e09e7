"""From a frame to SAM 2's input: two ways that differ, because the library's image and video modes differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench_cases.contracts import Device
from bench_cases.frames import Frame

if TYPE_CHECKING:
    from torch import Tensor

_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)
"""Mean and standard deviation of ImageNet's colours, on the scale 0..1."""


def image_pixels(frame: Frame, image_size: int, device: Device) -> Tensor:
    """Squash to a square bilinearly with antialiasing, after scaling to 0..1: ``(1, 3, S, S)``."""
    from torchvision.transforms.functional import InterpolationMode, normalize, resize, to_tensor

    resized = resize(
        to_tensor(frame), [image_size, image_size], interpolation=InterpolationMode.BILINEAR, antialias=True
    )
    pixels: Tensor = normalize(resized, _MEAN, _STD)[None].to(device)
    return pixels


def video_pixels(frame: Frame, image_size: int, device: Device) -> Tensor:
    """Squash to a square bicubically, as bytes, before scaling to 0..1: ``(1, 3, S, S)``."""
    import torch
    from PIL import Image

    resized = np.asarray(Image.fromarray(frame).resize((image_size, image_size)))
    pixels = torch.from_numpy(resized / 255.0).permute(2, 0, 1).to(torch.float32).to(device)
    mean, std = (torch.tensor(values, dtype=torch.float32, device=device)[:, None, None] for values in (_MEAN, _STD))
    return ((pixels - mean) / std)[None]
