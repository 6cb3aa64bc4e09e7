"""The micro SAM's decoder gives one mask for one embedding, wherever on the canvas it lies: each prompt is asked twice.

The encoder stays as it is, and what it makes of a body moved by whole tokens is what it made of it before, moved; so
the second place costs a decoding and no encoding.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from bench_cases.models.micro.cache import PhantomCache
from bench_cases.models.micro.decoding import sam_decode
from bench_cases.models.micro.focus import Focus
from bench_cases.models.micro.frames import Frames
from bench_cases.models.micro.poses import SAM_CANVAS, TOKEN
from bench_cases.models.micro.prompt_rules import TrainingPrompt
from bench_cases.models.micro.quick_encoder import encode
from bench_cases.models.micro.train_image import StepResult, draw_batch, pixels_tensor, result_of

if TYPE_CHECKING:
    from torch import Tensor

CANVAS = replace(SAM_CANVAS, square=0.9)

PAIRS = 0.6
"""Share of the phase's steps that ask twice; the others show frames that are cut or moved."""

LIKENESS = 2.0
"""What the likeness of a prompt's two masks weighs beside their loss."""


def pair_step(
    model: Any,
    cache: PhantomCache,
    rng: np.random.Generator,
    *,
    slices: int = 8,
    prompts_each: int = 4,
    focus: Focus,
) -> StepResult:
    """One step: the loss of the masks in both places, and of what they differ by."""
    import torch

    batch = draw_batch(cache, rng, slices=slices, prompts_each=prompts_each, canvas=CANVAS, focus=focus)
    embeddings = encode(model.image_encoder, pixels_tensor(batch.frames))
    down = [draw_rows(frames, rng) for frames in batch.frames]
    moved = torch.stack([torch.roll(own, rows, 1) for own, rows in zip(embeddings, down, strict=True)])
    rows = [down[image] for image in batch.images]
    decoded = sam_decode(
        model,
        torch.cat([embeddings, moved]),
        [*batch.images, *(image + len(embeddings) for image in batch.images)],
        [*batch.prompts, *(lower(prompt, TOKEN * n) for prompt, n in zip(batch.prompts, rows, strict=True))],
    )
    elsewhere = torch.stack([torch.roll(t, TOKEN * n, 0) for t, n in zip(batch.targets, rows, strict=True)])
    result = result_of(decoded, torch.cat([batch.targets, elsewhere]))
    here, there = decoded.masks[:, 0].sigmoid().chunk(2)
    cells = TOKEN * here.shape[-1] // batch.targets.shape[-1]
    back = torch.stack([torch.roll(mask, -cells * n, 0) for mask, n in zip(there, rows, strict=True)])
    return StepResult(result.loss + LIKENESS * unlikeness(here, back).mean(), result.dice)


def draw_rows(frames: Frames, rng: np.random.Generator) -> int:
    """Draw by how many rows of tokens a square frame's body moves down, less than 0 for up; half go to the very top."""
    if not frames.square:
        return 0
    up, below = frames.body_rows[0] // TOKEN, (frames.size_yx[0] - frames.body_rows[1]) // TOKEN
    return -up if rng.random() < 0.5 else int(rng.integers(-up, below + 1))


def lower(prompt: TrainingPrompt, pixels: int) -> TrainingPrompt:
    """Return the prompt for a body that lies ``pixels`` lower."""
    by = np.array([0, pixels], np.float32)
    box = prompt.box_xyxy
    return replace(prompt, points_xy=prompt.points_xy + by, box_xyxy=None if box is None else box + np.tile(by, 2))


def unlikeness(one: Tensor, other: Tensor) -> Tensor:
    """Return the squared difference of soft masks (N, H, W) as a share of their sums."""
    return (one - other).square().sum(dim=(1, 2)) / (one + other).sum(dim=(1, 2)).clamp(min=1)
