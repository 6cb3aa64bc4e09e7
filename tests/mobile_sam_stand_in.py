"""A package of MobileSAM's shape: an encoder of its published names of weights, small; the rest is SAM's own.

Like TinyViT's, its attention keeps a table of biases that it works out when it is told to evaluate: weights put in
later do not reach it.
"""

from __future__ import annotations

from typing import Any

import torch
from segment_anything.modeling import MaskDecoder, PromptEncoder, Sam, TwoWayTransformer
from torch import Tensor, nn

SIDE, WIDTH, GRID = 256, 32, 16


class ConvBN(nn.Sequential):
    """Convolution and normalisation under the names ``c`` and ``bn``."""

    def __init__(self, taken: int, given: int, kernel: int, stride: int) -> None:
        super().__init__()
        self.add_module("c", nn.Conv2d(taken, given, kernel, stride, kernel // 2, bias=False))
        self.add_module("bn", nn.BatchNorm2d(given))


class Attention(nn.Module):
    """Attention over all places with a bias by distance, worked out once for evaluation."""

    attention_bias_idxs: Tensor
    ab: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.qkv, self.proj = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        places = torch.cartesian_prod(torch.arange(GRID), torch.arange(GRID))
        apart = (places[:, None] - places[None]).abs()
        self.attention_biases = nn.Parameter(torch.zeros(1, GRID * GRID))
        self.register_buffer("attention_bias_idxs", apart[..., 0] * GRID + apart[..., 1], persistent=False)

    def train(self, mode: bool = True) -> Attention:
        super().train(mode)
        self.register_buffer("ab", self.attention_biases.detach()[:, self.attention_bias_idxs], persistent=False)
        return self

    def forward(self, tokens: Tensor) -> Tensor:
        q, k, v = self.qkv(self.norm(tokens)).chunk(3, dim=-1)
        weights = (q @ k.transpose(1, 2) / WIDTH**0.5 + self.ab).softmax(-1)
        attended: Tensor = self.proj(weights @ v)
        return attended


class TinyEncoder(nn.Module):
    """Stem, one block of attention, a head that nothing uses, and SAM's neck."""

    img_size = SIDE

    def __init__(self) -> None:
        super().__init__()
        self.patch_embed = nn.Module()
        self.patch_embed.seq = nn.Sequential(ConvBN(3, 16, 3, 4), nn.GELU(), ConvBN(16, WIDTH, 3, 4))
        block = nn.Module()
        block.attn = Attention()
        stage = nn.Module()
        stage.blocks = nn.ModuleList([block])
        self.layers = nn.ModuleList([stage])
        self.norm_head, self.head = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, 10)
        self.neck = nn.Sequential(nn.Conv2d(WIDTH, WIDTH, 1, bias=False), nn.Conv2d(WIDTH, WIDTH, 3, 1, 1, bias=False))

    def forward(self, pixels: Tensor) -> Tensor:
        stem: Any = self.patch_embed.seq
        found: Tensor = stem(pixels)
        tokens = found.flatten(2).transpose(1, 2)
        attend: Any = self.layers[0].blocks[0].attn  # type: ignore[union-attr,index]
        tokens = tokens + attend(tokens)
        encoded: Tensor = self.neck(tokens.transpose(1, 2).reshape(found.shape))
        return encoded


def build(checkpoint: str | None = None) -> Sam:
    """Return the network, told to evaluate before any weights are in it, as the package does."""
    if checkpoint is not None:
        raise ValueError(checkpoint)
    return Sam(
        image_encoder=TinyEncoder(),
        prompt_encoder=PromptEncoder(
            embed_dim=WIDTH, image_embedding_size=(GRID, GRID), input_image_size=(SIDE, SIDE), mask_in_chans=16
        ),
        mask_decoder=MaskDecoder(
            num_multimask_outputs=3,
            transformer=TwoWayTransformer(depth=2, embedding_dim=WIDTH, mlp_dim=64, num_heads=2),
            transformer_dim=WIDTH,
            iou_head_depth=3,
            iou_head_hidden_dim=32,
        ),
        pixel_mean=[123.675, 116.28, 103.53],
        pixel_std=[58.395, 57.12, 57.375],
    ).eval()


sam_model_registry = {"vit_t": build}
