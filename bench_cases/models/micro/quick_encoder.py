"""SAM's image encoder as training runs it: the same function of the same weights, in half the memory traffic.

The library adds two tables of relative positions to every attention map, each a pass over (heads, tokens, tokens) that
training pays for again on the way back. Here the tables become further columns of the queries, and the keys get the
matching ones and zeros, so that one matrix product gives the sum. It runs in bfloat16 where that is faster: processors
with instructions for it multiply twice as fast, others emulate it, fifty times slower (AVX2, torch 2.14). Weights and
what is saved stay float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench_cases.models._devices import faster_in_bf16

if TYPE_CHECKING:
    from torch import Tensor


def encode(encoder: Any, pixels: Tensor, *, bf16: bool | None = None) -> Tensor:
    """Return what ``encoder(pixels)`` returns, as float32.

    Parameters
    ----------
    encoder
        A ``segment_anything.modeling.ImageEncoderViT`` whose blocks all attend globally (``window_size=0``) with
        relative positions, as the micro SAM's do.
    pixels
        (N, 3, side, side), normalised.
    bf16
        False computes in float32: equal to the library within rounding. None takes what is faster on this device.

    Returns
    -------
    Tensor
        (N, C, side / 16, side / 16), float32.
    """
    import torch

    device = pixels.device.type
    with torch.autocast(device, torch.bfloat16, enabled=faster_in_bf16(device) if bf16 is None else bf16):
        tokens = encoder.patch_embed(pixels) + encoder.pos_embed
        for block in encoder.blocks:
            tokens = tokens + _attend(block.attn, block.norm1(tokens))
            tokens = tokens + block.mlp(block.norm2(tokens))
        embedding: Tensor = encoder.neck(tokens.permute(0, 3, 1, 2))
    return embedding.float()


def _attend(attention: Any, tokens: Tensor) -> Tensor:
    """Attend over (N, H, W, C) tokens."""
    import torch
    from segment_anything.modeling.image_encoder import get_rel_pos

    count, height, width, _ = tokens.shape
    heads = attention.num_heads
    qkv = attention.qkv(tokens).reshape(count, height * width, 3, heads, -1).permute(2, 0, 3, 1, 4)
    queries, keys, values = qkv.reshape(3, count * heads, height * width, -1).unbind(0)
    grid = queries.reshape(count * heads, height, width, -1)
    rows = torch.einsum("bhwc,hkc->bhwk", grid, get_rel_pos(height, height, attention.rel_pos_h))
    columns = torch.einsum("bhwc,wkc->bhwk", grid, get_rel_pos(width, width, attention.rel_pos_w))
    where = torch.cat([torch.eye(height).repeat_interleave(width, 0), torch.eye(width).repeat(height, 1)], dim=1)
    positions = where.to(queries).expand(count * heads, -1, -1)
    queries = torch.cat([queries * attention.scale, rows.flatten(1, 2), columns.flatten(1, 2)], dim=-1)
    keys = torch.cat([keys, positions], dim=-1)
    weights = torch.bmm(queries, keys.transpose(1, 2)).softmax(dim=-1, dtype=queries.dtype)
    mixed = torch.bmm(weights, values).reshape(count, heads, height, width, -1)
    out: Tensor = attention.proj(mixed.permute(0, 2, 3, 1, 4).flatten(3))
    return out
