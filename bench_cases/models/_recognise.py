"""Telling an architecture from the names and shapes of its weights: width and depth of the encoder, marks of 2.1."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Final, TypeVar

T = TypeVar("T")

_SAM_STEM: Final = "image_encoder.patch_embed.proj.weight"
_SAM2_STEM: Final = "image_encoder.trunk.patch_embed.proj.weight"
_SAM2_1_MARKS: Final = ("no_obj_embed_spatial", "obj_ptr_tpos_proj.weight")
"""Weights that SAM 2.1 added: a no-object code in the memory, a projection of the pointers' time code."""

_SAM_HQ_MARK: Final = "mask_decoder.hf_token.weight"
_MOBILE_SAM_STEM: Final = "image_encoder.patch_embed.seq.0.c.weight"

_SAM: Final = {(768, 12): "vit_b", (1024, 24): "vit_l", (1280, 32): "vit_h"}
_SAM2: Final = {(96, 12): "tiny", (96, 16): "small", (112, 24): "base_plus", (144, 48): "large"}
_EFFICIENT_TAM: Final = {(384, 12): "efficienttam_s", (192, 12): "efficienttam_ti"}
"""(Channels of the first layer, number of blocks) of the encoder; EfficientTAM's has SAM 2's names."""


def recognise(shapes: Mapping[str, tuple[int, ...]]) -> str | None:
    """Name the published architecture whose weights these are, or None.

    Parameters
    ----------
    shapes
        Shape of each tensor by its name.

    Examples
    --------
    >>> shapes = {"image_encoder.patch_embed.proj.weight": (768, 3, 16, 16)}
    >>> shapes |= {f"image_encoder.blocks.{number}.norm1.weight": (768,) for number in range(12)}
    >>> recognise(shapes)
    'vit_b'
    """
    if _SAM_STEM in shapes:
        size = _SAM.get((shapes[_SAM_STEM][0], _depth(shapes, r"image_encoder\.blocks\.(\d+)\.")))
        return f"sam_hq_{size}" if size and _SAM_HQ_MARK in shapes else size
    if _MOBILE_SAM_STEM in shapes:
        return "vit_t"
    if _SAM2_STEM in shapes:
        encoder = (shapes[_SAM2_STEM][0], _depth(shapes, r"image_encoder\.trunk\.blocks\.(\d+)\."))
        if encoder in _EFFICIENT_TAM:
            return _EFFICIENT_TAM[encoder]
        size = _SAM2.get(encoder)
        version = "sam2.1" if any(mark in shapes for mark in _SAM2_1_MARKS) else "sam2"
        return None if size is None else f"{version}_{size}"
    return None


TWINS: Final = {
    "vit_b": {"medsam": "MedSAM's, which sees other pixels"},
    "sam2.1_tiny": {"medsam2": "MedSAM2's, which works at 512 pixels"},
    **{
        f"efficienttam_{size}": {
            f"efficienttam_{size}_512": "those of the form for 512 pixels",
            f"efficienttam_{size}_1": "those of the form with one cheaper attention",
            f"efficienttam_{size}_2": "those of the form with the other cheaper attention",
        }
        for size in ("s", "ti")
    },
}
"""Architecture to those whose weights have the same names and shapes, and whose they then are."""


def without_wrapper(entries: Mapping[str, T]) -> dict[str, T]:
    """Take off what stands in front of every key: ``student.``, ``_orig_mod.``, ``net.module.``.

    >>> without_wrapper({"student.encoder.a": 1, "student.decoder.b": 2})
    {'encoder.a': 1, 'decoder.b': 2}
    """
    shared = os.path.commonprefix(list(entries))  # noqa: RUF071 - letters are meant, cut behind the last full stop
    wrapper = shared[: shared.rfind(".") + 1]
    return {key.removeprefix(wrapper): value for key, value in entries.items()}


def wrappers(shapes: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Return what stands in front of the first weights of an encoder that is known, wherever there are some."""
    stems = (_SAM_STEM, _SAM2_STEM, _MOBILE_SAM_STEM)
    ends = ((key, stem) for key in shapes for stem in stems if key.endswith("." + stem))
    return [key.removesuffix(stem) for key, stem in ends]


def within(shapes: Mapping[str, tuple[int, ...]], wrapper: str) -> dict[str, tuple[int, ...]]:
    """Return the weights behind a wrapper, under their own names."""
    return {key.removeprefix(wrapper): shape for key, shape in shapes.items() if key.startswith(wrapper)}


def _depth(shapes: Mapping[str, tuple[int, ...]], pattern: str) -> int:
    return len({match[1] for key in shapes if (match := re.match(pattern, key))})
