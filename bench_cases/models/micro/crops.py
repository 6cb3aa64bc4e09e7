"""The micro SAM learns that cutting the air off a frame changes nothing: a phase of its own, after the finish.

SAM lays a frame at the top left of its canvas. Scanners crop to the body, and a body near the upper edge was segmented
less well than the same body in a square frame. So each step shows the network frames cut to the body, and what it made
of the same pixels in the whole frame, before this phase began, as a target for its embedding, beside the masks.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bench_cases.models.micro.architectures import build_sam_micro
from bench_cases.models.micro.cache import PhantomCache
from bench_cases.models.micro.decoding import sam_decode
from bench_cases.models.micro.focus import Focus
from bench_cases.models.micro.frames import Frames
from bench_cases.models.micro.places import cut_rows
from bench_cases.models.micro.poses import SAM_CANVAS, TOKEN
from bench_cases.models.micro.quick_encoder import encode
from bench_cases.models.micro.samples import draw_slice
from bench_cases.models.micro.train_image import StepResult, draw_prompts, pixels_tensor, result_of
from bench_cases.models.micro.weights import load_weights

if TYPE_CHECKING:
    from torch import Tensor

SQUARE, CROPPED = 0.7, 0.7
"""Share of the frames that are square, and of these the share that is cut. The others are like any phase's."""

TIGHT = 0.5
"""Share of the cuts that leave less than a token of air above the body; the others leave any part of it."""

MOST_BELOW = 0.12
"""Air left below the body, at most, as a share of the canvas."""

LIKENESS = 10.0
"""What the likeness of the embeddings weighs beside the loss of the masks."""


def load_teacher(path: Path) -> Any:
    """Return the model as it was before the phase, which never changes."""
    return load_weights(build_sam_micro(), path).requires_grad_(requires_grad=False)


def cut(frames: Frames, rng: np.random.Generator) -> tuple[Frames, int]:
    """Cut rows above and below the body off, above by whole tokens, and lay the rest at the top of the canvas.

    Returns
    -------
    Frames, int
        The cut frame, and how many rows of tokens were cut above.
    """
    side, (first, end) = frames.pixels_nyx.shape[-1], frames.body_rows
    most = first // TOKEN
    above = most if rng.random() < TIGHT else int(rng.integers(0, most + 1))
    below = min(end + int(rng.uniform(0, MOST_BELOW) * side), frames.size_yx[0])
    return cut_rows(frames, above * TOKEN, below, padded=True), above


def crop_step(
    model: Any,
    teacher: Any,
    cache: PhantomCache,
    rng: np.random.Generator,
    *,
    slices: int = 8,
    prompts_each: int = 4,
    focus: Focus,
) -> StepResult:
    """One step: the loss of the masks, and of the embeddings' likeness to the `teacher`'s of the whole frames."""
    import torch

    drawn = [draw_slice(cache, rng, canvas=replace(SAM_CANVAS, square=SQUARE), focus=focus) for _ in range(slices)]
    shown, above = zip(*[_perhaps_cut(frames, rng) for frames, _ in drawn], strict=True)
    targets = [target for _, target in drawn]
    batch = draw_prompts(list(zip(shown, targets, strict=True)), rng, prompts_each=prompts_each, focus=focus)
    embeddings = encode(model.image_encoder, pixels_tensor(batch.frames))
    result = result_of(sam_decode(model, embeddings, batch.images, batch.prompts), batch.targets)
    square = [k for k, (frames, _) in enumerate(drawn) if frames.square]
    if not square:
        return result
    with torch.no_grad():
        wanted = encode(teacher.image_encoder, pixels_tensor([drawn[k][0] for k in square]))
    unlike = unlikeness(embeddings[square], wanted, [(above[k], shown[k].size_yx[0] // TOKEN) for k in square])
    return StepResult(result.loss + LIKENESS * unlike, result.dice)


def unlikeness(embeddings: Tensor, wanted: Tensor, rows: list[tuple[int, int]]) -> Tensor:
    """Return the mean squared difference of tokens that show the same, as a share of each channel's variance.

    The first and the last row of a frame's tokens are left out: the encoder's last convolutions reach over the edge.

    Parameters
    ----------
    embeddings
        (N, C, rows, columns) of the frames shown.
    wanted
        The same of the whole frames.
    rows
        Of each frame the rows of tokens that were cut above, and those that are left.
    """
    import torch

    parts = []
    for own, other, (above, left) in zip(embeddings, wanted, rows, strict=True):
        there = other[:, above + 1 : above + left - 1]
        spread = there.flatten(1).var(dim=1)
        parts.append(((own[:, 1 : left - 1] - there).square().mean(dim=(1, 2)) / spread).mean())
    return torch.stack(parts).mean()


def _perhaps_cut(frames: Frames, rng: np.random.Generator) -> tuple[Frames, int]:
    return cut(frames, rng) if frames.square and rng.random() < CROPPED else (frames, 0)
