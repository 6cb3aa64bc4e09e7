"""Batched mask decoding over many images and prompts, for both libraries.

segment_anything's decoder takes many prompts of one image; training wants one prompt of each of many images. Prompts
with the same number of points are decoded together, as the predictors would give them: no padding, so that the model
meets at inference the tokens it was trained on.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from bench_cases.models.micro.prompt_rules import TrainingPrompt

if TYPE_CHECKING:
    from torch import Tensor


class Decoded(NamedTuple):
    """Masks of all four tokens, in the order of the prompts given."""

    masks: Tensor
    ious: Tensor
    tokens: Tensor
    presence: Tensor


def sam_decode(model: Any, embeddings: Tensor, images: list[int], prompts: list[TrainingPrompt]) -> Decoded:
    """Decode ``prompts[k]`` on ``embeddings[images[k]]`` with the micro SAM."""
    import torch

    def group(rows: list[int], chosen: list[TrainingPrompt]) -> Decoded:
        points = None
        if len(chosen[0].labels):
            coords = torch.from_numpy(np.stack([p.points_xy for p in chosen]))
            points = (coords, torch.from_numpy(np.stack([p.labels for p in chosen])))
        boxes = None
        if chosen[0].box_xyxy is not None:
            boxes = torch.from_numpy(np.stack([p.box_xyxy for p in chosen if p.box_xyxy is not None]))
        sparse, dense = model.prompt_encoder(points=points, boxes=boxes, masks=None)
        masks, ious, tokens = _predict_masks(
            model.mask_decoder, embeddings[rows] + dense, model.prompt_encoder.get_dense_pe(), sparse
        )
        return Decoded(masks, ious, tokens, masks.new_zeros(len(rows), 1))

    return _in_groups(group, images, prompts)


def _predict_masks(decoder: Any, source: Tensor, position: Tensor, sparse: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Do what the library's ``MaskDecoder.predict_masks`` does, with one image for each prompt."""
    import torch

    queries = torch.cat([decoder.iou_token.weight, decoder.mask_tokens.weight])
    tokens = torch.cat([queries.expand(len(sparse), -1, -1), sparse], dim=1)
    b, c, h, w = source.shape
    hidden, source = decoder.transformer(source, position.expand(b, -1, -1, -1), tokens)
    mask_tokens = hidden[:, 1 : 1 + decoder.num_mask_tokens]
    up = decoder.output_upscaling(source.transpose(1, 2).view(b, c, h, w))
    weights = torch.stack([mlp(mask_tokens[:, k]) for k, mlp in enumerate(decoder.output_hypernetworks_mlps)], dim=1)
    masks = (weights @ up.flatten(2)).unflatten(2, tuple(up.shape[-2:]))
    return masks, decoder.iou_prediction_head(hidden[:, 0]), mask_tokens


def sam2_decode(
    model: Any,
    features: Tensor,
    high_res: list[Tensor],
    images: list[int],
    prompts: list[TrainingPrompt | None],
) -> Decoded:
    """Decode with the micro SAM 2; None is a tracked frame, for which the library gives one empty point."""
    import torch

    def group(rows: list[int], chosen: list[TrainingPrompt | None]) -> Decoded:
        joined = [p.joined() for p in chosen if p is not None]
        if joined:
            coords = torch.from_numpy(np.stack([j[0] for j in joined]))
            labels = torch.from_numpy(np.stack([j[1] for j in joined])).to(torch.int32)
        else:
            coords = torch.zeros(len(rows), 1, 2)
            labels = -torch.ones(len(rows), 1, dtype=torch.int32)
        sparse, dense = model.sam_prompt_encoder(points=(coords, labels), boxes=None, masks=None)
        masks, ious, tokens, presence = model.sam_mask_decoder.predict_masks(
            image_embeddings=features[rows],
            image_pe=model.sam_prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            repeat_image=False,
            high_res_features=[level[rows] for level in high_res],
        )
        return Decoded(masks, ious, tokens, presence)

    return _in_groups(group, images, prompts)


def _in_groups(decode: Any, images: list[int], prompts: list[Any]) -> Decoded:
    """Call ``decode(rows, prompts)`` for prompts of one signature at a time and restore the order."""
    import torch

    groups: dict[tuple[bool, int], list[int]] = defaultdict(list)
    for k, prompt in enumerate(prompts):
        signature = (False, -1) if prompt is None else (prompt.box_xyxy is not None, len(prompt.labels))
        groups[signature].append(k)
    parts = [decode([images[k] for k in members], [prompts[k] for k in members]) for members in groups.values()]
    order = torch.tensor([k for members in groups.values() for k in members])
    back = torch.argsort(order)
    return Decoded(*(torch.cat(column)[back] for column in zip(*parts, strict=True)))
