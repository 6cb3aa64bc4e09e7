"""How a slice looks: a CT window, or random tissue contrast in the manner of SynthSeg, then what scanners do to it.

Billot et al. 2023, "SynthSeg: Segmentation of brain MRI scans of any contrast and resolution without retraining":
random intensities per tissue, texture, blur, bias field, noise and resolution teach a model shapes, not contrasts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench_cases.phantoms import Tissue
from bench_cases.phantoms._noise import smooth_noise

Stack = NDArray[np.float32]

_LUNGS = (Tissue.LEFT_LUNG, Tissue.RIGHT_LUNG)
_VESSELS = (Tissue.LEFT_VESSEL, Tissue.RIGHT_VESSEL)
_AIRS = (Tissue.AIR, Tissue.GAS, Tissue.TRACHEA)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One appearance, shared by all slices of a clip. ``palette`` is None for CT."""

    low_hu: float
    high_hu: float
    palette: NDArray[np.float32] | None
    texture: float
    noise: float
    late_noise: float
    blur_px: float
    resolution_px: int
    gamma: float
    bias: float
    circle: float
    invert: bool


def draw_look(rng: np.random.Generator) -> Look:
    """Draw an appearance: 80 % CT (seven in ten of it in a lung window), the rest random contrast."""
    u = rng.uniform
    kind = rng.random()
    palette = None if kind < 0.8 else _draw_palette(rng)
    if kind < 0.45:
        level, width = -650 + u(-40, 60), 1500 + u(-200, 150)
    elif kind < 0.57:
        level, width = -500, 1500
    else:
        level, width = 40 + u(-50, 60), u(280, 520)
    coarse = rng.random() < 0.5
    return Look(
        low_hu=level - width / 2,
        high_hu=level + width / 2,
        palette=palette,
        texture=u(0.0, 0.06),
        noise=u(0.0, 0.05) if rng.random() < 0.5 else 0.0,
        late_noise=u(0.0, 0.05) if rng.random() < 0.3 else 0.0,
        blur_px=u(0.4, 1.6) if rng.random() < 0.25 else 0.0,
        resolution_px=int(u(84, 200)) if coarse else 0,
        gamma=float(np.exp(u(-0.35, 0.35))) if rng.random() < 0.3 else 1.0,
        bias=u(0.05, 0.35) if rng.random() < (0.5 if palette is not None else 0.08) else 0.0,
        circle=u(0.85, 1.2) if rng.random() < 0.55 else 0.0,
        invert=bool(palette is None and rng.random() < 0.03),
    )


def _draw_palette(rng: np.random.Generator) -> NDArray[np.float32]:
    """Random intensities; tissues that no modality tells apart keep together most of the time."""
    palette = rng.uniform(0, 1, len(Tissue)).astype(np.float32)
    air = rng.uniform(0, 0.15) if rng.random() < 0.8 else rng.uniform(0, 1)
    for tissue in _AIRS:
        palette[tissue] = air
    palette[Tissue.TABLE] = air + rng.uniform(0, 0.05)
    lung = rng.uniform(0, 0.4) if rng.random() < 0.6 else rng.uniform(0, 1)
    for tissue in _LUNGS:
        palette[tissue] = lung
    vessel = palette[Tissue.HEART] if rng.random() < 0.7 else rng.uniform(0, 1)
    for tissue in _VESSELS:
        palette[tissue] = vessel
    if rng.random() < 0.7:
        palette[Tissue.MYOCARDIUM] = palette[Tissue.HEART] + rng.uniform(-0.06, 0.06)
    for tissue in (Tissue.MEDIASTINUM, Tissue.BOWEL, Tissue.DISC):
        if rng.random() < 0.6:
            palette[tissue] = palette[Tissue.MUSCLE] + rng.uniform(-0.05, 0.05)
    return palette


def render(look: Look, image: Stack, tissues: NDArray[np.uint8], rng: np.random.Generator) -> Stack:
    """Turn slices of HU and tissues, (N, Y, X), into 0..255 truncated to whole numbers, slice by slice min-max."""
    grey = _acquire(look, _contrast(look, image, tissues, rng), rng)
    low = grey.min(axis=(1, 2), keepdims=True)
    span = grey.max(axis=(1, 2), keepdims=True) - low
    grey = (grey - low) / np.maximum(span, 1e-6)
    if look.gamma != 1.0:
        grey **= np.float32(look.gamma)
    if look.invert:
        grey = 1 - grey
    out: Stack = np.floor(grey * 255).astype(np.float32)
    return out


def _contrast(look: Look, image: Stack, tissues: NDArray[np.uint8], rng: np.random.Generator) -> Stack:
    """Window the CT, or repaint the tissues."""
    if look.palette is None:
        windowed: Stack = (np.clip(image, look.low_hu, look.high_hu) - look.low_hu) / (look.high_hu - look.low_hu)
        return windowed.astype(np.float32)
    # The CT's own texture stays visible under the new palette, as tissue does in any modality.
    grey: Stack = look.palette[tissues] + np.clip(image - _smooth(image, 2.0), -150, 150) * np.float32(0.0004)
    grey = grey.astype(np.float32)
    if look.texture:
        ny, nx = grey.shape[1:]
        for k in range(len(grey)):
            grey[k] += look.texture * smooth_noise(rng, (ny, nx), (ny / 9, nx / 9))
    return grey


def _acquire(look: Look, grey: Stack, rng: np.random.Generator) -> Stack:
    """Do to the slices what scanners do: bias field, round field of view, noise, blur, coarse sampling."""
    shape = grey.shape
    if look.bias:
        field = smooth_noise(rng, shape[1:], (2.0, 2.0))
        grey *= np.exp(np.float32(look.bias) * field)
    if look.circle:
        grey = _outside_circle(grey, look.circle)
    if look.noise:
        grey += look.noise * rng.standard_normal(shape, dtype=np.float32)
    if look.blur_px:
        grey = _smooth(grey, look.blur_px)
    if look.resolution_px:
        grey = _degrade(grey, look.resolution_px)
    if look.late_noise:
        grey += look.late_noise * rng.standard_normal(shape, dtype=np.float32)
    if look.palette is None and (look.noise or look.late_noise):
        grey = np.clip(grey, 0, 1)
    return grey


def _smooth(stack: Stack, sigma_px: float) -> Stack:
    """Gaussian blur in plane."""
    from scipy import ndimage

    out: Stack = ndimage.gaussian_filter(stack.astype(np.float32), (0, sigma_px, sigma_px), truncate=2.5)
    return out


def _outside_circle(grey: Stack, radius: float) -> Stack:
    """Fill what lies outside the scanner's round field of view with less than air, as scanners pad.

    A windowed CT lies in 0..1, and its padding (-2000 HU and the like) at 0: the air around the body is then grey,
    almost as grey as the lungs. In other looks the padding lies a little below the darkest tissue.
    """
    ny, nx = grey.shape[1:]
    y = (np.arange(ny, dtype=np.float32)[:, None] - (ny - 1) / 2) / (ny / 2)
    x = (np.arange(nx, dtype=np.float32)[None] - (nx - 1) / 2) / (nx / 2)
    inside = y * y + x * x < radius * radius
    darkest = float(grey.min())
    padding = np.float32(min(0.0, darkest) if darkest >= 0 else darkest - 0.1)
    out: Stack = np.where(inside, grey, padding)
    return out


def _degrade(grey: Stack, side_px: int) -> Stack:
    """Resample to a coarse grid and back, as an upsampled 128-pixel scan looks."""
    import torch
    import torch.nn.functional as F  # noqa: N812 - torch's own name for it

    tensor = torch.from_numpy(np.ascontiguousarray(grey))[None]
    share = side_px / 256
    size = (max(round(grey.shape[1] * share), 24), max(round(grey.shape[2] * share), 24))
    small = F.interpolate(tensor, size=size, mode="bilinear", antialias=True)
    out: Stack = F.interpolate(small, size=grey.shape[1:], mode="bilinear", align_corners=False)[0].numpy()
    return out
