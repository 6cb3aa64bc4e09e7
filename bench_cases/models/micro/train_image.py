"""One training step on single slices, for either model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench_cases.models.micro.cache import PhantomCache
from bench_cases.models.micro.decoding import Decoded, sam2_decode, sam_decode
from bench_cases.models.micro.focus import BROAD, Focus
from bench_cases.models.micro.frames import Frames
from bench_cases.models.micro.losses import all_tokens_loss, dice_of
from bench_cases.models.micro.poses import SAM2_CANVAS, SAM_CANVAS, Canvas
from bench_cases.models.micro.prompt_rules import TrainingPrompt, draw_prompt
from bench_cases.models.micro.quick_encoder import encode
from bench_cases.models.micro.samples import draw_slice, parts_of, visible_target
from bench_cases.phantoms import Organ

if TYPE_CHECKING:
    from torch import Tensor

PIXEL_MEAN, PIXEL_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""What both libraries normalise with (segment_anything: the same numbers times 255)."""


class StepResult(NamedTuple):
    """The loss to differentiate, and the mean Dice of the single-mask token for the progress line."""

    loss: Tensor
    dice: float


class Batch(NamedTuple):
    """Slices and prompts: ``prompts[k]`` and ``targets[k]`` belong to image ``images[k]``."""

    frames: list[Frames]
    images: list[int]
    prompts: list[TrainingPrompt]
    targets: Tensor


def draw_batch(
    cache: PhantomCache,
    rng: np.random.Generator,
    *,
    slices: int,
    prompts_each: int,
    canvas: Canvas,
    focus: Focus = BROAD,
) -> Batch:
    """Draw slices, and for each the target it was drawn for and further ones among the organs it shows."""
    drawn = [draw_slice(cache, rng, canvas=canvas, focus=focus) for _ in range(slices)]
    return draw_prompts(drawn, rng, prompts_each=prompts_each, focus=focus)


def draw_prompts(
    drawn: list[tuple[Frames, tuple[Organ, ...]]], rng: np.random.Generator, *, prompts_each: int, focus: Focus = BROAD
) -> Batch:
    """Draw prompts for slices: the first of each for the target it comes with, the others for organs that it shows."""
    import torch

    frames = [frame for frame, _ in drawn]
    images, prompts, targets = [], [], []
    for k, (frame, target) in enumerate(drawn):
        for j in range(prompts_each):
            chosen = target if j == 0 else visible_target(frame.organs_nyx[0], rng, focus) or target
            parts = parts_of(frame.organs_nyx[0], chosen) or parts_of(frame.organs_nyx[0], target)
            images.append(k)
            prompts.append(draw_prompt(parts, rng, focus))
            targets.append(np.logical_or.reduce(parts))
    return Batch(frames, images, prompts, torch.from_numpy(np.stack(targets).astype(np.float32)))


def pixels_tensor(frames: list[Frames]) -> Tensor:
    """Return (N, 3, side, side), normalised, zero in the padding as the libraries pad after normalising."""
    import torch

    rows = []
    mean, std = torch.tensor(PIXEL_MEAN)[:, None, None], torch.tensor(PIXEL_STD)[:, None, None]
    for frame in frames:
        height, width = frame.size_yx
        for grey in frame.pixels_nyx:
            image = (torch.from_numpy(grey)[None] / 255 - mean) / std
            image[:, height:] = 0
            image[:, :, width:] = 0
            rows.append(image)
    return torch.stack(rows)


def sam_step(
    model: Any,
    cache: PhantomCache,
    rng: np.random.Generator,
    *,
    slices: int = 8,
    prompts_each: int = 4,
    focus: Focus = BROAD,
    canvas: Canvas = SAM_CANVAS,
) -> StepResult:
    """One step of the micro SAM."""
    batch = draw_batch(cache, rng, slices=slices, prompts_each=prompts_each, canvas=canvas, focus=focus)
    embeddings = encode(model.image_encoder, pixels_tensor(batch.frames))
    decoded = sam_decode(model, embeddings, batch.images, batch.prompts)
    return result_of(decoded, batch.targets)


def sam2_image_step(
    model: Any,
    cache: PhantomCache,
    rng: np.random.Generator,
    *,
    slices: int = 8,
    prompts_each: int = 6,
    focus: Focus = BROAD,
    canvas: Canvas = SAM2_CANVAS,
) -> StepResult:
    """One step of the micro SAM 2 on frames without memory."""
    import torch

    batch = draw_batch(cache, rng, slices=slices, prompts_each=prompts_each, canvas=canvas, focus=focus)
    features, high_res = sam2_features(model, pixels_tensor(batch.frames))
    decoded = sam2_decode(model, features + _no_memory(model), high_res, batch.images, list(batch.prompts))
    result = result_of(decoded, batch.targets)
    present = torch.nn.functional.softplus(-decoded.presence).mean()
    return StepResult(result.loss + 0.1 * present, result.dice)


def sam2_features(model: Any, pixels: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Return the stride-16 features and the two finer levels, as (N, C, H, W)."""
    levels = model.forward_image(pixels)["backbone_fpn"][-model.num_feature_levels :]
    return levels[-1], list(levels[:-1])


def _no_memory(model: Any) -> Tensor:
    code: Tensor = model.no_mem_embed
    return code.reshape(1, -1, 1, 1)


def result_of(decoded: Decoded, targets: Tensor) -> StepResult:
    """Return the loss of masks and the Dice of the single-mask token."""
    loss = all_tokens_loss(decoded.masks, decoded.ious, targets).mean()
    return StepResult(loss, float(dice_of(decoded.masks[:, 0], targets).mean()))
