"""The micro SAM's decoder gives one mask for one embedding, wherever on the canvas it lies.

The encoder stays as it is, and what it makes of a body moved by whole tokens is what it made of it before, moved. So
each prompt is asked once where the body was drawn, of the decoder as it was before this phase, and once elsewhere, of
the one that learns: beside the truth, the first mask is what the second is to be. Only the second is trained: a decoder
that is taught both places gets better in both, and the difference, which is what the phase is for, remains.
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

PAIRS = 0.85
"""Share of the phase's steps that ask twice; the others show frames that are cut or moved."""

TOP, STAY = 0.55, 0.15
"""Share of the prompts whose body moves to the very top, and of those that stay; the others go anywhere."""

LIKENESS = 6.0
"""What the likeness of a prompt's two masks weighs beside the loss of the second."""

LEAST_CELLS = 4.0
"""Masks of fewer cells, together, count as so many."""


def pair_step(
    model: Any,
    teacher: Any,
    cache: PhantomCache,
    rng: np.random.Generator,
    *,
    slices: int = 8,
    prompts_each: int = 6,
    focus: Focus,
) -> StepResult:
    """One step: the loss of the masks elsewhere, and of what they differ by from the `teacher`'s before the move."""
    import torch

    batch = draw_batch(cache, rng, slices=slices, prompts_each=prompts_each, canvas=CANVAS, focus=focus)
    down = [draw_rows(batch.frames[image], rng) for image in batch.images]
    with torch.no_grad():
        embeddings = encode(model.image_encoder, pixels_tensor(batch.frames))
        wanted = sam_decode(teacher, embeddings, batch.images, batch.prompts).masks[:, 0].sigmoid()
    there = torch.stack([torch.roll(embeddings[k], n, 1) for k, n in zip(batch.images, down, strict=True)])
    prompts = [lower(prompt, TOKEN * n) for prompt, n in zip(batch.prompts, down, strict=True)]
    decoded = sam_decode(model, there, list(range(len(prompts))), prompts)
    targets = torch.stack([torch.roll(t, TOKEN * n, 0) for t, n in zip(batch.targets, down, strict=True)])
    result = result_of(decoded, targets)
    cells = TOKEN * wanted.shape[-1] // targets.shape[-1]
    moved = torch.stack([torch.roll(mask, cells * n, 0) for mask, n in zip(wanted, down, strict=True)])
    return StepResult(result.loss + LIKENESS * unlikeness(decoded.masks[:, 0].sigmoid(), moved).mean(), result.dice)


def draw_rows(frames: Frames, rng: np.random.Generator) -> int:
    """Draw by how many rows of tokens a square frame's body moves down, less than 0 for up."""
    if not frames.square:
        return 0
    up, below = frames.body_rows[0] // TOKEN, (frames.size_yx[0] - frames.body_rows[1]) // TOKEN
    where = rng.random()
    return -up if where < TOP else 0 if where < TOP + STAY else int(rng.integers(-up, below + 1))


def lower(prompt: TrainingPrompt, pixels: int) -> TrainingPrompt:
    """Return the prompt for a body that lies ``pixels`` lower."""
    by = np.array([0, pixels], np.float32)
    box = prompt.box_xyxy
    return replace(prompt, points_xy=prompt.points_xy + by, box_xyxy=None if box is None else box + np.tile(by, 2))


def unlikeness(masks: Tensor, wanted: Tensor) -> Tensor:
    """Return the squared difference of soft masks (N, H, W) from those wanted, as a share of their sums."""
    return (masks - wanted).square().sum(dim=(1, 2)) / (masks + wanted).sum(dim=(1, 2)).clamp(min=LEAST_CELLS)
