"""What the micro checkpoints are: the libraries' own classes, built small. Importing this file is cheap."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

SAM_IMAGE_SIZE, SAM2_IMAGE_SIZE = 384, 256
"""Side of the square each model works on, in pixels; masks come from a grid of a quarter of it.

SAM's is larger: on 256 pixels a perfect mask on its 64 x 64 grid already loses 3 % of Dice on frames that are not
square, which SAM pads and SAM 2 stretches.
"""

SAM_MICRO_WEIGHTS = Path(__file__).with_name("sam_micro.safetensors")
SAM2_MICRO_WEIGHTS = Path(__file__).with_name("sam2_micro.safetensors")

_SAM_WIDTH, _SAM_PROMPT_WIDTH, _SAM_DEPTH = 160, 128, 5
_WIDTH, _MEMORY_WIDTH, _STEM = 64, 32, 24


def build_sam_micro() -> Any:
    """Build the micro SAM, untrained: a ``segment_anything.modeling.Sam`` of 2.5 million parameters.

    Every attention block is global: at 24 x 24 tokens windows would save little.
    """
    import torch
    from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, Sam, TwoWayTransformer

    grid = SAM_IMAGE_SIZE // 16
    return Sam(
        image_encoder=ImageEncoderViT(
            img_size=SAM_IMAGE_SIZE,
            patch_size=16,
            embed_dim=_SAM_WIDTH,
            depth=_SAM_DEPTH,
            num_heads=4,
            mlp_ratio=4,
            qkv_bias=True,
            use_rel_pos=True,
            global_attn_indexes=tuple(range(_SAM_DEPTH)),
            window_size=0,
            out_chans=_SAM_PROMPT_WIDTH,
            norm_layer=partial(torch.nn.LayerNorm, eps=1e-6),
        ),
        prompt_encoder=PromptEncoder(
            embed_dim=_SAM_PROMPT_WIDTH,
            image_embedding_size=(grid, grid),
            input_image_size=(SAM_IMAGE_SIZE, SAM_IMAGE_SIZE),
            mask_in_chans=16,
        ),
        mask_decoder=MaskDecoder(
            num_multimask_outputs=3,
            transformer=TwoWayTransformer(depth=2, embedding_dim=_SAM_PROMPT_WIDTH, mlp_dim=256, num_heads=4),
            transformer_dim=_SAM_PROMPT_WIDTH,
            iou_head_depth=3,
            iou_head_hidden_dim=64,
        ),
    )


def build_sam2_micro() -> Any:
    """Build the micro SAM 2, untrained, from `sam2_micro_config`: image and video share one set of weights."""
    from hydra.utils import instantiate
    from omegaconf import OmegaConf

    return instantiate(OmegaConf.create(sam2_micro_config()), _recursive_=True)


def sam2_micro_config() -> dict[str, Any]:
    """Return the plain dictionary that ``hydra.utils.instantiate`` turns into a ``SAM2VideoPredictor``.

    The memory holds the prompted frame and the two latest ones (``num_maskmem`` 3): more rows of the temporal
    code than the training clips reach would stay random.
    """
    return {
        "_target_": "sam2.sam2_video_predictor.SAM2VideoPredictor",
        "image_encoder": _image_encoder(),
        "memory_attention": _memory_attention(),
        "memory_encoder": _memory_encoder(),
        "num_maskmem": 3,
        "image_size": SAM2_IMAGE_SIZE,
        "backbone_stride": 16,
        "sigmoid_scale_for_mem_enc": 20.0,
        "sigmoid_bias_for_mem_enc": -10.0,
        "use_mask_input_as_output_without_sam": True,
        "directly_add_no_mem_embed": True,
        "no_obj_embed_spatial": True,
        "use_high_res_features_in_sam": True,
        "multimask_output_in_sam": True,
        "iou_prediction_use_sigmoid": True,
        "use_obj_ptrs_in_encoder": True,
        "max_obj_ptrs_in_encoder": 4,
        "add_tpos_enc_to_obj_ptrs": False,
        "proj_tpos_enc_in_obj_ptrs": False,
        "only_obj_ptrs_in_the_past_for_eval": False,
        "pred_obj_scores": True,
        "pred_obj_scores_mlp": True,
        "fixed_no_obj_ptr": True,
        "multimask_output_for_tracking": False,
        "use_multimask_token_for_obj_ptr": False,
        "multimask_min_pt_num": 0,
        "multimask_max_pt_num": 1,
        "use_mlp_for_obj_ptr_proj": True,
        "compile_image_encoder": False,
        # Filling holes needs the library's CUDA extension and only warns without it.
        "fill_hole_area": 0,
    }


def _position(width: int) -> dict[str, Any]:
    return {
        "_target_": "sam2.modeling.position_encoding.PositionEmbeddingSine",
        "num_pos_feats": width,
        "normalize": True,
        "scale": None,
        "temperature": 10000,
    }


def _image_encoder() -> dict[str, Any]:
    backbones = "sam2.modeling.backbones"
    return {
        "_target_": f"{backbones}.image_encoder.ImageEncoder",
        "scalp": 1,
        "trunk": {
            "_target_": f"{backbones}.hieradet.Hiera",
            "embed_dim": _STEM,
            "num_heads": 1,
            "stages": [1, 2, 3, 1],
            "global_att_blocks": [4],
            "window_spec": [8, 8, 16, 8],
            "window_pos_embed_bkg_spatial_size": [8, 8],
        },
        "neck": {
            "_target_": f"{backbones}.image_encoder.FpnNeck",
            "position_encoding": _position(_WIDTH),
            "d_model": _WIDTH,
            "backbone_channel_list": [_STEM * 8, _STEM * 4, _STEM * 2, _STEM],
            "fpn_top_down_levels": [2, 3],
            "fpn_interp_model": "nearest",
        },
    }


def _memory_attention() -> dict[str, Any]:
    grid = SAM2_IMAGE_SIZE // 16
    rope: dict[str, Any] = {
        "_target_": "sam2.modeling.sam.transformer.RoPEAttention",
        "rope_theta": 10000.0,
        "feat_sizes": [grid, grid],
        "embedding_dim": _WIDTH,
        "num_heads": 1,
        "downsample_rate": 1,
        "dropout": 0.0,
    }
    return {
        "_target_": "sam2.modeling.memory_attention.MemoryAttention",
        "d_model": _WIDTH,
        "pos_enc_at_input": True,
        "num_layers": 2,
        "layer": {
            "_target_": "sam2.modeling.memory_attention.MemoryAttentionLayer",
            "activation": "relu",
            "dim_feedforward": 256,
            "dropout": 0.0,
            "pos_enc_at_attn": False,
            "d_model": _WIDTH,
            "pos_enc_at_cross_attn_keys": True,
            "pos_enc_at_cross_attn_queries": False,
            "self_attention": rope,
            "cross_attention": {**rope, "rope_k_repeat": True, "kv_in_dim": _MEMORY_WIDTH},
        },
    }


def _memory_encoder() -> dict[str, Any]:
    module = "sam2.modeling.memory_encoder"
    return {
        "_target_": f"{module}.MemoryEncoder",
        "out_dim": _MEMORY_WIDTH,
        "in_dim": _WIDTH,
        "position_encoding": _position(_MEMORY_WIDTH),
        "mask_downsampler": {
            "_target_": f"{module}.MaskDownSampler",
            "embed_dim": _WIDTH,
            "kernel_size": 3,
            "stride": 2,
            "padding": 1,
        },
        "fuser": {
            "_target_": f"{module}.Fuser",
            "num_layers": 2,
            "layer": {
                "_target_": f"{module}.CXBlock",
                "dim": _WIDTH,
                "kernel_size": 7,
                "padding": 3,
                "layer_scale_init_value": 0.01,
                "use_dwconv": True,
            },
        },
    }
