"""A package of EfficientTAM's shape: a plain encoder with its published names of weights, small; the rest is sam2's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from omegaconf import OmegaConf
from sam2.sam2_video_predictor import SAM2VideoPredictor
from torch import Tensor, nn

from bench_cases.models.micro.architectures import sam2_micro_config

WIDTH, DEPTH = 192, 12
"""Those of the published tiny one, by which it is recognised."""


class Trunk(nn.Module):
    """Patches, and blocks that each mix a patch's channels; one level of features."""

    channel_list = (WIDTH,)

    def __init__(self) -> None:
        super().__init__()
        self.patch_embed = nn.Module()
        self.patch_embed.proj = nn.Conv2d(3, WIDTH, 16, 16)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, WIDTH), nn.GELU()) for _ in range(DEPTH)
        )

    def forward(self, pixels: Tensor) -> list[Tensor]:
        project: Any = self.patch_embed.proj
        found = project(pixels).permute(0, 2, 3, 1)
        for block in self.blocks:
            found = found + block(found)
        return [found.permute(0, 3, 1, 2)]


class EfficientTAMVideoPredictor(SAM2VideoPredictor):  # type: ignore[misc, unused-ignore]  # the library has no types
    """In the package it is a copy of sam2's."""


def configuration() -> dict[str, Any]:
    """Return the micro SAM 2 with the encoder above, no finer levels, and the encoder compiled as published."""
    ours = sam2_micro_config()
    encoder = ours["image_encoder"]
    return ours | {
        "_target_": f"{__name__}.EfficientTAMVideoPredictor",
        "image_encoder": encoder
        | {
            "scalp": 0,
            "trunk": {"_target_": f"{__name__}.Trunk"},
            "neck": encoder["neck"] | {"backbone_channel_list": [WIDTH], "fpn_top_down_levels": [0]},
        },
        "use_high_res_features_in_sam": False,
        "compile_image_encoder": True,
    }


def install(folder: Path, *files: str) -> None:
    """Write the package into a folder, with the configurations named."""
    package = folder / "efficient_track_anything"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "efficienttam_video_predictor.py").write_text(f"from {__name__} import EfficientTAMVideoPredictor\n")
    for name in files:
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        OmegaConf.save(OmegaConf.create({"model": configuration()}), path)


def state_dict() -> dict[str, Tensor]:
    """Return random weights that see an object in every frame."""
    from hydra.utils import instantiate

    torch.manual_seed(3)
    network = instantiate(configuration() | {"compile_image_encoder": False})
    network.sam_mask_decoder.pred_obj_score_head.layers[-1].bias.data += 10
    state: dict[str, Tensor] = network.state_dict()
    return state
