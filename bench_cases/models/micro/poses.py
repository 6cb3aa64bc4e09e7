"""Where the body lies in the frame: flips, rotation, scale, aspect, shift and a gentle bend, for images and labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.models.micro.architectures import SAM2_IMAGE_SIZE, SAM_IMAGE_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvas:
    """What a model's library makes of an image: a square of ``side`` pixels, zero-``padded`` or else stretched.

    Of the frames of a padded canvas a share, ``square``, leaves nothing to pad. Of the frames that are full a share,
    ``elsewhere``, is laid elsewhere (`places.py`).
    """

    side: int
    padded: bool
    square: float = 0.3
    elsewhere: float = 0.0


FILLED = 0.75
"""How often a low frame is filled from side to side, the air above and below the body cut off, as scanners' crops are.

Else it holds the whole slice, and the body is small. SAM lays a low frame at the top of its canvas: with small bodies
alone up there, masks of large ones were worse than in the middle of a square frame (the spleen's by 0.02 of Dice).
"""

TOKEN = 16
"""Side of a token of SAM in pixels of its canvas."""

SAM_CANVAS = Canvas(side=SAM_IMAGE_SIZE, padded=True)
SAM2_CANVAS = Canvas(side=SAM2_IMAGE_SIZE, padded=False)

SAM_ELSEWHERE = replace(SAM_CANVAS, square=0.8, elsewhere=0.75)
SAM2_ELSEWHERE = replace(SAM2_CANVAS, elsewhere=0.75)
CLIPS_ELSEWHERE = replace(SAM2_CANVAS, elsewhere=0.4)
"""Of the phase that teaches places; fewer of the clips, where a foreign seed is laid by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """A map from the frame to the phantom's slice.

    Attributes
    ----------
    matrix
        (2, 3), from the normalised frame (x, y) to normalised slice coordinates.
    bend
        (2, 6, 6) coarse displacement, or None.
    size_yx
        The part of the frame that carries the image; the rest is SAM's zero padding.
    """

    matrix: NDArray[np.float32]
    bend: NDArray[np.float32] | None
    size_yx: tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """What all slices of a data set share: which way is up, and quarter turns."""

    flip_x: bool
    flip_y: bool
    quarter: bool


def draw_display(rng: np.random.Generator) -> Display:
    """Draw the orientation: both vertical displays are equally likely."""
    return Display(flip_x=bool(rng.random() < 0.35), flip_y=bool(rng.random() < 0.5), quarter=bool(rng.random() < 0.06))


def draw_pose(display: Display, slice_yx: tuple[int, int], rng: np.random.Generator, canvas: Canvas) -> Pose:
    """Draw a pose. A padded canvas gives some frames the black margins of SAM's resize; otherwise the frame is full."""
    side, padded = canvas.side, canvas.padded
    height = width = side
    if padded and rng.random() < 1 - canvas.square:
        short = int(rng.uniform(0.55, 1.0) * side)
        height, width = (short, side) if rng.random() < 0.75 else (side, short)
    angle = float(rng.normal(0, 0.12)) + (np.pi / 2 if display.quarter else 0.0)
    zoom = float(np.exp(rng.uniform(-0.32, 0.22)))
    # With SAM 2 every frame is squashed to a square, so the aspect itself varies; with SAM it is the pixels'.
    spread = 0.08 if padded else 0.16
    stretch = float(np.exp(rng.normal(0, spread)))
    ny, nx = slice_yx
    fit = min(width / nx, height / ny) if padded else side / nx
    if padded and height < width and rng.random() < FILLED:
        fit = max(width / nx, height / ny)
    unit = np.array([width / nx / fit, height / ny / fit]) if padded else np.array([1.0, nx / ny])
    if not padded and rng.random() < 0.5:
        unit = np.array([1.0, 1.0])
    cos, sin = np.cos(angle), np.sin(angle)
    rotate = np.array([[cos, -sin], [sin, cos]])
    aspect = ny / nx
    physical = rotate @ np.diag([unit[0] * zoom * stretch, unit[1] * zoom / stretch * aspect])
    matrix = np.diag([1.0, 1.0 / aspect]) @ physical
    matrix = np.diag([-1.0 if display.flip_x else 1.0, -1.0 if display.flip_y else 1.0]) @ matrix
    shift = rng.uniform(-0.11, 0.11, size=2)
    bend = None
    if rng.random() < 0.6:
        bend = rng.normal(0, rng.uniform(0.005, 0.035), size=(2, 6, 6)).astype(np.float32)
    full = np.concatenate([matrix, shift[:, None]], axis=1).astype(np.float32)
    return Pose(matrix=full, bend=bend, size_yx=(height, width))


def warp(
    pose: Pose, image: NDArray[np.int16], tissues: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """Resample slices (N, Y, X) into the pose; outside the slice there is air."""
    import torch
    import torch.nn.functional as F  # noqa: N812 - torch's own name for it

    height, width = pose.size_yx
    count = len(image)
    theta = torch.from_numpy(pose.matrix)[None]
    grid = F.affine_grid(theta, [1, 1, height, width], align_corners=False)
    if pose.bend is not None:
        bend: Any = torch.from_numpy(pose.bend)[None]
        grid = grid + F.interpolate(bend, size=(height, width), mode="bicubic").permute(0, 2, 3, 1)
    pixels = torch.from_numpy(np.ascontiguousarray(image, dtype=np.float32))[None]
    ids = torch.from_numpy(np.ascontiguousarray(tissues, dtype=np.float32))[None]
    warped = F.grid_sample(pixels + 1024, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    labels = F.grid_sample(ids, grid, mode="nearest", padding_mode="zeros", align_corners=False)
    out = warped[0].numpy() - 1024
    return out.reshape(count, height, width), labels[0].numpy().astype(np.uint8).reshape(count, height, width)
