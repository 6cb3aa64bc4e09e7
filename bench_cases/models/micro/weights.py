"""The weight files: half precision on disk, single precision in memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


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
    import torch
    from safetensors.torch import load_file

    state = {
        key: value.to(torch.float32) if value.dtype.is_floating_point else value
        for key, value in load_file(path).items()
    }
    model.load_state_dict(state, strict=True)
    return model.eval()
