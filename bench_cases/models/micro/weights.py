"""The weight files: half precision on disk, single precision in memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor


def export_weights(state: Mapping[str, Any], path: Path) -> None:
    """Write a state dictionary as fp16 safetensors, replacing ``path`` atomically."""
    import torch
    from safetensors.torch import save_file

    half = {
        key: (value.to(torch.float16) if value.dtype.is_floating_point else value).contiguous().clone()
        for key, value in state.items()
    }
    draft = path.with_name(path.name + ".part")
    save_file(half, draft)
    draft.replace(path)


def load_weights(model: Any, path: Path) -> Any:
    """Load an exported file strictly, as fp32, and return the model in evaluation mode."""
    from safetensors.torch import load_file

    model.load_state_dict(_single(load_file(path)), strict=True)
    return model.eval()


def start_from(model: Any, path: Path) -> None:
    """Load an exported file to train on from, also one made for another image size.

    Tables of positions are resampled to the model's own size: a token then means the same place in the image.
    """
    from safetensors.torch import load_file

    own = model.state_dict()
    state = {key: _resampled(value, own[key].shape) for key, value in _single(load_file(path)).items()}
    model.load_state_dict(state, strict=True)


def _single(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {key: value.float() if value.dtype.is_floating_point else value for key, value in state.items()}


def _resampled(table: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Stretch absolute positions (1, H, W, C) or relative ones (2 N - 1, C); anything else passes."""
    import torch.nn.functional as F  # noqa: N812 - torch's own name for it

    if table.shape == shape or table.ndim not in {2, 4} or table.shape[-1] != shape[-1]:
        return table
    if table.ndim == 4:
        return F.interpolate(table.permute(0, 3, 1, 2), size=shape[1:3], mode="bicubic").permute(0, 2, 3, 1)
    return F.interpolate(table.T[None], size=shape[0], mode="linear", align_corners=True)[0].T
