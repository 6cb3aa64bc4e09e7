"""What is minimised: Dice and edge-weighted cross-entropy on the masks, errors of the predicted IoU and presence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

FINE = 2
"""The single-mask token is judged on cells of this many pixels; the others on the decoder's own grid."""

EDGE_WEIGHT = 4.0


def mask_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Return ``2 BCE + (1 - Dice)`` for each mask, shape of the leading axes.

    Parameters
    ----------
    logits
        (..., H, W).
    target
        (..., H, W) in 0..1, a share of foreground in each cell. Cells that the border crosses weigh
        `EDGE_WEIGHT` more.
    """
    import torch
    import torch.nn.functional as F  # noqa: N812 - torch's own name for it

    edge = edges(target)
    bce = F.binary_cross_entropy_with_logits(logits, target.expand_as(logits), reduction="none")
    weight = 1 + EDGE_WEIGHT * edge
    cross = (bce * weight).sum(dim=(-2, -1)) / weight.sum(dim=(-2, -1))
    share = torch.sigmoid(logits)
    overlap = (share * target).sum(dim=(-2, -1))
    dice = (2 * overlap + 1) / (share.sum(dim=(-2, -1)) + target.sum(dim=(-2, -1)) + 1)
    return 2 * cross + 1 - dice


def edges(target: Tensor) -> Tensor:
    """Return 1 where a 3 x 3 neighbourhood holds both foreground and background."""
    import torch.nn.functional as F  # noqa: N812 - torch's own name for it

    flat: Any = target.reshape(-1, 1, *target.shape[-2:])
    high = F.max_pool2d(flat, 3, stride=1, padding=1)
    low = -F.max_pool2d(-flat, 3, stride=1, padding=1)
    return ((high - low) > 0.5).to(target.dtype).reshape(target.shape)


def all_tokens_loss(masks: Tensor, ious: Tensor, target: Tensor) -> Tensor:
    """Return the loss of the four mask tokens of one prompt, shape (B,).

    Token 0, which single-mask prediction reads, always counts; of the other three the best one, so that they may
    specialise, with a little of their mean, so that none dies.

    Parameters
    ----------
    masks
        (B, 4, H, W) logits at the decoder's own resolution.
    ious
        (B, 4) predicted IoU.
    target
        (B, side, side) in 0..1.
    """
    import torch.nn.functional as F  # noqa: N812 - torch's own name for it

    whole = target[:, None]
    cells = F.avg_pool2d(whole, FINE)
    fine = F.interpolate(masks[:, :1], size=cells.shape[-2:], mode="bilinear", align_corners=False)
    single = mask_loss(fine, cells)[:, 0]
    coarse = F.avg_pool2d(whole, whole.shape[-1] // masks.shape[-1])
    others = mask_loss(masks[:, 1:], coarse)
    iou_error = (ious - true_iou(masks, coarse)).square().mean(dim=1)
    return single + 0.4 * others.min(dim=1).values + 0.05 * others.mean(dim=1) + 0.2 * iou_error


def true_iou(masks: Tensor, target: Tensor) -> Tensor:
    """Return the IoU of thresholded masks (B, 4, H, W) with the target (B, 1, H, W), without gradient."""
    found, truth = masks.detach() > 0, target > 0.5
    overlap = (found & truth).sum(dim=(-2, -1)).float()
    union = (found | truth).sum(dim=(-2, -1)).float()
    return overlap / union.clamp(min=1)


def dice_of(masks: Tensor, target: Tensor) -> Tensor:
    """Return the Dice of thresholded logits (B, h, w) with (B, side, side), for the progress line."""
    import torch.nn.functional as F  # noqa: N812 - torch's own name for it

    fine = F.interpolate(masks[:, None].detach(), size=target.shape[-2:], mode="bilinear", align_corners=False)
    found, truth = fine[:, 0] > 0, target > 0.5
    overlap = (found & truth).sum(dim=(-2, -1)).float()
    total = found.sum(dim=(-2, -1)) + truth.sum(dim=(-2, -1))
    return 2 * overlap / total.clamp(min=1)
