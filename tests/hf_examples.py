"""Small folders of transformers, one for each class this project runs: real classes, random weights, 64 pixels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import torch

os.environ.setdefault("HF_HUB_OFFLINE", "1")

SIDE = 64
PATCH = 16
WIDTH = 128
"""Memory attention asks for 128 channels beside memories of 64."""

IMAGE = ("Sam", "SamHQ", "Sam2", "EdgeTam", "Sam3Tracker")
VIDEO = ("Sam2Video", "EdgeTamVideo", "Sam3TrackerVideo")
GRID = SIDE // PATCH
PYRAMID = [[4 * GRID] * 2, [2 * GRID] * 2, [GRID] * 2]


def _prompts(width: int) -> dict[str, Any]:
    return {"hidden_size": width, "image_size": SIDE, "patch_size": PATCH, "mask_input_channels": 4}


def _decoder(width: int, **more: Any) -> dict[str, Any]:
    small = {"mlp_dim": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "iou_head_hidden_dim": 32}
    return {"hidden_size": width, **small, **more}


def _sam_vision() -> dict[str, Any]:
    return {
        "hidden_size": 32,
        "output_channels": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": SIDE,
        "patch_size": PATCH,
        "global_attn_indexes": [1],
        "window_size": 2,
        "mlp_dim": 64,
        "num_pos_feats": 16,
    }


def _hiera() -> dict[str, Any]:
    backbone = {
        "model_type": "sam2_hiera_det_model",
        "hidden_size": 16,
        "image_size": [SIDE, SIDE],
        "num_attention_heads": 1,
        "blocks_per_stage": [1, 1, 2, 1],
        "embed_dim_per_stage": [16, 32, 64, 128],
        "num_attention_heads_per_stage": [1, 2, 4, 8],
        "global_attention_blocks": [3],
        "window_size_per_stage": [4, 2, 4, 2],
        "window_positional_embedding_background_size": [4, 4],
    }
    return {
        "model_type": "sam2_vision_model",
        "backbone_config": backbone,
        "backbone_channel_list": [128, 64, 32, 16],
        "backbone_feature_sizes": PYRAMID,
        "fpn_hidden_size": WIDTH,
    }


def _repvit() -> dict[str, Any]:
    from transformers import TimmWrapperConfig

    features = {"in_chans": 3, "features_only": True, "out_indices": [0, 1, 2, 3]}
    backbone = TimmWrapperConfig.from_dict({"architecture": "repvit_m1", "model_args": features, "num_classes": 2})
    return {
        "model_type": "edgetam_vision_model",
        "backbone_config": backbone,
        "backbone_channel_list": [384, 192, 96, 48],
        "backbone_feature_sizes": PYRAMID,
        "fpn_hidden_size": WIDTH,
    }


def _sam3_vision() -> dict[str, Any]:
    backbone = {
        "model_type": "sam3_vit_model",
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": SIDE,
        "pretrain_image_size": SIDE,
        "patch_size": PATCH,
        "window_size": 2,
        "global_attn_indexes": [1],
    }
    return {
        "model_type": "sam3_vision_model",
        "backbone_config": backbone,
        "fpn_hidden_size": WIDTH,
        "backbone_feature_sizes": PYRAMID,
    }


def _memory() -> dict[str, Any]:
    return {
        "image_size": SIDE,
        "memory_attention_hidden_size": WIDTH,
        "memory_attention_num_layers": 2,
        "memory_attention_feed_forward_hidden_size": 64,
        "memory_attention_rope_feat_sizes": [GRID, GRID],
        "memory_encoder_hidden_size": WIDTH,
        "memory_encoder_output_channels": 64,
        "mask_downsampler_embed_dim": WIDTH,
        "memory_fuser_embed_dim": WIDTH,
        "memory_fuser_intermediate_dim": 64,
        "max_object_pointers_in_encoder": 3,
        "num_maskmem": 3,
    }


def _arguments(arch: str) -> dict[str, Any]:
    if arch in {"Sam", "SamHQ"}:
        prompts = {**_prompts(32), "image_embedding_size": GRID}
        more = {"vit_dim": 32} if arch == "SamHQ" else {}
        return {
            "vision_config": _sam_vision(),
            "prompt_encoder_config": prompts,
            "mask_decoder_config": _decoder(32, **more),
        }
    vision = _repvit() if arch.startswith("Edge") else _sam3_vision() if arch.startswith("Sam3") else _hiera()
    arguments = {
        "vision_config": vision,
        "prompt_encoder_config": _prompts(WIDTH),
        "mask_decoder_config": _decoder(WIDTH, num_attention_heads=8),
    }
    memory = _memory() if arch.endswith("Video") else {}
    if arch == "EdgeTamVideo":
        memory |= {
            "memory_attention_rope_k_sizes": [4, 4],
            "perceiver_resampler_num_latents": 16,
            "perceiver_resampler_num_latents_2d": 16,
        }
        memory["memory_attention_mlp_hidden_size"] = memory.pop("memory_attention_feed_forward_hidden_size")
    return {**arguments, **memory}


def processors(arch: str) -> Any:
    """Return the library's own processor for a class, at the examples' size."""
    import transformers as library

    square = {"height": SIDE, "width": SIDE}
    if arch in {"Sam", "SamHQ"}:
        single = library.SamImageProcessor(size={"longest_edge": SIDE}, pad_size=square)
        return getattr(library, f"{arch}Processor")(image_processor=single)
    family = "Sam3" if arch.startswith("Sam3") else "Sam2"
    single = getattr(library, f"{family}ImageProcessor")(size=square)
    if arch.endswith("Video"):
        moving = library.Sam2VideoVideoProcessor(size=square)
        name = "Sam3TrackerVideoProcessor" if family == "Sam3" else "Sam2VideoProcessor"
        return getattr(library, name)(image_processor=single, video_processor=moving)
    name = "Sam3TrackerProcessor" if family == "Sam3" else "Sam2Processor"
    return getattr(library, name)(image_processor=single)


def build(arch: str) -> Any:
    """Return a network of a class with random weights that see an object in every frame."""
    import transformers as library

    kind = getattr(library, f"{arch}Model")
    torch.manual_seed(0)
    module = kind(kind.config_class(**_arguments(arch))).eval()
    for name, value in module.named_parameters():
        # The library starts many weights at nought or near it, where masks have one sign throughout.
        if value.ndim > 1 and "mask_decoder" in name:
            torch.nn.init.normal_(value, std=0.3)
    head = getattr(module.mask_decoder, "pred_obj_score_head", None)
    if head is not None:
        torch.nn.init.constant_(head.proj_out.bias, 100.0)
    return module


def save(arch: str, folder: Path) -> Path:
    """Save network and processor of a class as transformers does."""
    from transformers.utils import logging

    logging.disable_progress_bar()
    build(arch).save_pretrained(folder)
    processors(arch).save_pretrained(folder)
    return folder
