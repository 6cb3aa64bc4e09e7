"""SAM-HQ's own names of weights, brought to those of transformers, so that its published files load as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from torch import Tensor

_THREE_LAYERS: Final = {"0": "proj_in", "1": "layers.0", "2": "proj_out"}
_PARTS: Final = {
    "image_encoder.neck": {"0": "conv1", "1": "layer_norm1", "2": "conv2", "3": "layer_norm2"},
    "prompt_encoder.mask_downscaling": {
        "0": "conv1",
        "1": "layer_norm1",
        "3": "conv2",
        "4": "layer_norm2",
        "6": "conv3",
    },
    "mask_decoder.output_upscaling": {"0": "upscale_conv1", "1": "upscale_layer_norm", "3": "upscale_conv2"},
    "mask_decoder.compress_vit_feat": {"0": "compress_vit_conv1", "1": "compress_vit_norm", "3": "compress_vit_conv2"},
    "mask_decoder.embedding_encoder": {"0": "encoder_conv1", "1": "encoder_norm", "3": "encoder_conv2"},
    "mask_decoder.embedding_maskfeature": {"0": "mask_conv1", "1": "mask_norm", "3": "mask_conv2"},
}
"""Sequences whose members transformers names: prefix to number to name."""

_OWN_FOLDER: Final = {
    "image_encoder.neck": "vision_encoder.neck",
    "prompt_encoder.mask_downscaling": "prompt_encoder.mask_embed",
}
_RENAMED: Final = (
    (r"^image_encoder\.patch_embed\.proj\.", "vision_encoder.patch_embed.projection."),
    (r"^image_encoder\.blocks\.", "vision_encoder.layers."),
    (r"^image_encoder\.", "vision_encoder."),
    (r"^mask_decoder\.hf_token\.", "mask_decoder.hq_token."),
    (r"^mask_decoder\.hf_mlp\.", "mask_decoder.hq_mask_mlp."),
    (r"^prompt_encoder\.point_embeddings\.", "prompt_encoder.point_embed."),
    (r"\.norm(\d|_final_attn)\.", r".layer_norm\1."),
)
_CODE: Final = "prompt_encoder.pe_layer.positional_encoding_gaussian_matrix"
_COLOURS: Final = ("pixel_mean", "pixel_std")


def hq_names(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return weights under the names of ``SamHQModel``; the code of positions, which it keeps twice, is there twice."""
    renamed: dict[str, Tensor] = {}
    for name, value in state.items():
        if name == _CODE:
            renamed["shared_image_embedding.positional_embedding"] = value
            renamed["prompt_encoder.shared_embedding.positional_embedding"] = value
        elif name not in _COLOURS:
            renamed[hq_name(name)] = value
    return renamed


def hq_name(name: str) -> str:
    """Return one weight's name in transformers.

    Examples
    --------
    >>> hq_name("mask_decoder.hf_mlp.layers.2.bias"), hq_name("image_encoder.blocks.3.norm1.weight")
    ('mask_decoder.hq_mask_mlp.proj_out.bias', 'vision_encoder.layers.3.layer_norm1.weight')
    """
    for part, members in _PARTS.items():
        found = re.fullmatch(rf"{re.escape(part)}\.(\d)\.(\w+)", name)
        if found is not None:
            folder = _OWN_FOLDER.get(part, part.partition(".")[0])
            return f"{folder}.{members[found[1]]}.{found[2]}"
    for pattern, replacement in _RENAMED:
        name = re.sub(pattern, replacement, name)
    heads = r"(mask_decoder\.(?:iou_prediction_head|hq_mask_mlp|output_hypernetworks_mlps\.\d))\.layers\.(\d)\."
    return re.sub(heads, lambda found: f"{found[1]}.{_THREE_LAYERS[found[2]]}.", name)
