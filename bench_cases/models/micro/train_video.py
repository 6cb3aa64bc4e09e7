"""One training step of the micro SAM 2 on clips: a prompted frame, then frames that are tracked from memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench_cases.models.micro.architectures import SAM2_IMAGE_SIZE
from bench_cases.models.micro.cache import PhantomCache
from bench_cases.models.micro.clips import Clip, draw_clip
from bench_cases.models.micro.decoding import Decoded, sam2_decode
from bench_cases.models.micro.focus import BROAD, Focus
from bench_cases.models.micro.losses import all_tokens_loss, dice_of, mask_loss
from bench_cases.models.micro.poses import SAM2_CANVAS, Canvas
from bench_cases.models.micro.train_image import StepResult, pixels_tensor

if TYPE_CHECKING:
    from torch import Tensor

NO_OBJECT_LOGIT = -1024.0
"""sam2's own constant for the mask of an absent object."""

ABSENT_WEIGHT, PRESENCE_WEIGHT = 0.3, 1.0


class Levels(NamedTuple):
    """Backbone features of all frames of all clips: (T, B, C, H, W) each."""

    features: Tensor
    fine: list[Tensor]
    position: Tensor


def localise_memory(model: Any) -> None:
    """Start the cross-attention to memory as a local kernel.

    From the usual start a small model did not learn *where* to look within hundreds of steps; equal biases of query
    and key make the rotary code a bump around the same place. It is an initialisation only: the library is untouched.
    """
    import torch

    with torch.no_grad():
        for layer in model.memory_attention.layers:
            layer.cross_attn_image.q_proj.bias.fill_(3.0)
            layer.cross_attn_image.k_proj.bias.fill_(3.0)


def clip_step(
    model: Any,
    cache: PhantomCache,
    rng: np.random.Generator,
    progress: float,
    *,
    clips: int = 4,
    focus: Focus = BROAD,
    canvas: Canvas = SAM2_CANVAS,
) -> StepResult:
    """One step on ``clips`` clips of equal length; later in the training they are longer and less helped."""
    import torch

    length = int(rng.choice([4, 5] if progress < 0.6 else [5, 6]))
    batch = [draw_clip(cache, rng, length, focus, canvas) for _ in range(clips)]
    help_share = 0.35 if progress < 0.5 else 0.15
    levels = _encode(model, batch, length)
    targets = torch.from_numpy(np.stack([c.targets_nyx for c in batch], axis=1).astype(np.float32))
    outputs: dict[str, dict[int, dict[str, Any]]] = {"cond_frame_outputs": {}, "non_cond_frame_outputs": {}}
    losses, dices = [], []
    for t in range(length):
        truth = targets[t]
        present = (truth.sum(dim=(1, 2)) > 0).float()
        decoded = _decode(model, levels, batch, t, outputs)
        losses.append(_frame_loss(decoded, truth, present, first=t == 0))
        if t and bool(present.any()):
            dices.append(float((dice_of(decoded.masks[:, 0], truth) * present).sum() / present.sum()))
        given = torch.tensor([(t == 0 and c.starts_from_mask) or (t > 0 and rng.random() < help_share) for c in batch])
        memory = _remember(model, levels, t, decoded, truth=truth, given=given)
        outputs["cond_frame_outputs" if t == 0 else "non_cond_frame_outputs"][t] = memory
    return StepResult(torch.stack(losses).mean(), float(np.mean(dices)) if dices else 0.0)


def _encode(model: Any, batch: list[Clip], length: int) -> Levels:
    """Encode all frames at once."""
    pixels = pixels_tensor([frames for clip in batch for frames in clip.frames])
    out = model.forward_image(pixels)
    levels = out["backbone_fpn"][-model.num_feature_levels :]
    position = out["vision_pos_enc"][-1]

    def by_time(level: Tensor) -> Tensor:
        return level.reshape(len(batch), length, *level.shape[1:]).transpose(0, 1)

    return Levels(by_time(levels[-1]), [by_time(level) for level in levels[:-1]], by_time(position))


def _decode(model: Any, levels: Levels, batch: list[Clip], t: int, outputs: dict[str, Any]) -> Decoded:
    features = levels.features[t]
    flat, position = _tokens(features), _tokens(levels.position[t])
    size = tuple(features.shape[-2:])
    conditioned = model._prepare_memory_conditioned_features(  # noqa: SLF001 - the library's own step, no public name
        frame_idx=t,
        is_init_cond_frame=t == 0,
        current_vision_feats=[flat],
        current_vision_pos_embeds=[position],
        feat_sizes=[size],
        output_dict=outputs,
        num_frames=len(levels.features),
    )
    prompts = [clip.prompt if t == 0 else None for clip in batch]
    return sam2_decode(model, conditioned, [level[t] for level in levels.fine], list(range(len(batch))), prompts)


def _tokens(level: Tensor) -> Tensor:
    """(B, C, H, W) to the library's (HW, B, C)."""
    return level.flatten(2).permute(2, 0, 1)


def _frame_loss(decoded: Decoded, truth: Tensor, present: Tensor, *, first: bool) -> Tensor:
    """Masks count where the organ is; where it is not, presence must drop and token 0 must not paint."""
    import torch.nn.functional as F  # noqa: N812 - torch's own name for it

    shown = all_tokens_loss(decoded.masks, decoded.ious, truth)
    coarse = truth.new_zeros(len(truth), 1, *decoded.masks.shape[-2:])
    hidden = ABSENT_WEIGHT * mask_loss(decoded.masks[:, :1], coarse)[:, 0]
    score = F.binary_cross_entropy_with_logits(decoded.presence[:, 0], present, reduction="none")
    loss = present * shown + (1 - present) * hidden + PRESENCE_WEIGHT * score
    return loss.mean() * (0.6 if first else 1.0)


def _remember(model: Any, levels: Levels, t: int, decoded: Decoded, *, truth: Tensor, given: Tensor) -> dict[str, Any]:
    """Encode what was found on frame ``t``, or the truth where it is ``given``, as the tracker would."""
    import torch
    import torch.nn.functional as F  # noqa: N812 - torch's own name for it

    appears = torch.where(given, truth.sum(dim=(1, 2)) > 0, decoded.presence[:, 0].detach() > 0)
    fine = F.interpolate(decoded.masks[:, :1].detach(), size=(SAM2_IMAGE_SIZE, SAM2_IMAGE_SIZE), mode="bilinear")
    found = torch.where(appears[:, None, None, None], fine, fine.new_full((), NO_OBJECT_LOGIT))
    mask = torch.where(given[:, None, None, None], truth[:, None] * 20 - 10, found)
    score = torch.where(appears, 1.0, -1.0)[:, None]
    features = levels.features[t]
    spatial, position = model._encode_new_memory(  # noqa: SLF001 - the library's own step, no public name
        current_vision_feats=[_tokens(features)],
        feat_sizes=[tuple(features.shape[-2:])],
        pred_masks_high_res=mask,
        object_score_logits=score,
        is_mask_from_pts=False,
    )
    shown = appears.float()[:, None]
    pointer = shown * model.obj_ptr_proj(decoded.tokens[:, 0]) + (1 - shown) * model.no_obj_ptr
    return {"maskmem_features": spatial, "maskmem_pos_enc": position, "obj_ptr": pointer}
