"""segment_anything's decoder, given many prompts on images of their own, where the library has one image for all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from bench_cases.models._together import joined

if TYPE_CHECKING:
    from torch import Tensor


def decode_each_on_its_own(
    module: Any,
    features: Sequence[Tensor],
    *,
    points: tuple[Tensor, Tensor] | None = None,
    boxes: Tensor | None = None,
    masks: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return logits ``(N, 4, S/4, S/4)`` and predicted IoU ``(N, 4)``, the single-mask token first.

    Parameters
    ----------
    module
        A ``segment_anything.modeling.Sam``.
    features
        ``(1, C, S/16, S/16)`` for each of N prompts, the same or different ones.
    points, boxes, masks
        As the library's prompt encoder takes them, in pixels of its input: ``(N, P, 2)`` with labels ``(N, P)``,
        ``(N, 4)``, and logits ``(N, 1, S/4, S/4)``.
    """
    import torch

    sparse, dense = module.prompt_encoder(points=points, boxes=boxes, masks=masks)
    image = features[0]
    if len(features) > 1:
        # The decoder adds dense prompts, one each, to what it is given as the one image: so each prompt brings its
        # image along, and the common one is nought.
        dense = dense + joined(features)
        image = torch.zeros_like(image)
    logits, iou = module.mask_decoder.predict_masks(
        image_embeddings=image,
        image_pe=module.prompt_encoder.get_dense_pe(),
        sparse_prompt_embeddings=sparse,
        dense_prompt_embeddings=dense,
    )
    return logits, iou
