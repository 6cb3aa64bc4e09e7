"""Building SAM 2 from the configurations that the library ships, without Hydra's global state.

The library's own ``build_sam2`` composes through a process-wide Hydra that any other user of Hydra may have taken;
reading the file and instantiating it does not touch that. One ``SAM2VideoPredictor`` serves image and video mode: it
is the same network as the image model's, and both builders of the library give it the same weights.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any, Final

from bench_cases.errors import SelectionError
from bench_cases.models import _efficienttam

PUBLISHED: Final = {
    f"{family}_{size}": f"configs/{family}/{family}_hiera_{letter}.yaml"
    for family in ("sam2", "sam2.1")
    for size, letter in (("tiny", "t"), ("small", "s"), ("base_plus", "b+"), ("large", "l"))
}
"""Architecture to configuration file inside the sam2 package."""

MEDSAM2: Final = "medsam2"
"""SAM 2.1 tiny at 512 pixels: the same weights in shape, three lines of configuration apart (Ma et al. 2025)."""

_MEDSAM2_SIZE: Final = 512
_SIZE_STEP: Final = 32
"""The encoder's coarsest level has a pixel for so many; the sizes of the levels must divide."""

FILLED_HOLE_PX: Final = 8
"""Holes up to this area, in pixels of the low-resolution mask, are filled in video mode by the library's default."""

POSTPROCESSING: Final = {
    # What build_sam2_video_predictor(apply_postprocessing=True), its default, adds to the configuration.
    "sam_mask_decoder_extra_args": {
        "dynamic_multimask_via_stability": True,
        "dynamic_multimask_stability_delta": 0.05,
        "dynamic_multimask_stability_thresh": 0.98,
    },
    "binarize_mask_from_pts_for_mem_enc": True,
}


def build(arch: str, *, fill_hole_area: int = 0, image_size: int | None = None, postprocessing: bool = True) -> Any:
    """Return a ``sam2.sam2_video_predictor.SAM2VideoPredictor``, or EfficientTAM's, in CPU memory, with random weights.

    Parameters
    ----------
    arch
        A key of `PUBLISHED` or of EfficientTAM's configurations, `MEDSAM2` or ``sam2_micro``.
    fill_hole_area
        Area in pixels; 0 leaves holes.
    image_size
        Side of the square that frames are squashed to, where it is not the configuration's own.
    postprocessing
        Whether to add `POSTPROCESSING`.
    """
    from hydra.utils import instantiate
    from omegaconf import OmegaConf

    ours: dict[str, Any] = {
        "_target_": "sam2.sam2_video_predictor.SAM2VideoPredictor",
        "fill_hole_area": fill_hole_area,
        **(POSTPROCESSING if postprocessing else {}),
        **(_efficienttam.OWN if arch in _efficienttam.CONFIGURATIONS else {}),
    }
    size = image_size or (_MEDSAM2_SIZE if arch == MEDSAM2 else None)
    if size is not None:
        grid = [size // 16, size // 16]  # the level that memory attention works on
        layer = {"self_attention": {"feat_sizes": grid}, "cross_attention": {"feat_sizes": grid}}
        ours |= {"image_size": size, "memory_attention": {"layer": layer}}
    return instantiate(OmegaConf.merge(_configuration(arch), OmegaConf.create(ours)), _recursive_=True)


def _configuration(arch: str) -> Any:
    from omegaconf import OmegaConf

    if arch in _efficienttam.CONFIGURATIONS:
        return _efficienttam.configuration(arch)
    published = PUBLISHED.get("sam2.1_tiny" if arch == MEDSAM2 else arch)
    if published is not None:
        import sam2

        return OmegaConf.load(Path(sam2.__path__[0]) / published).model
    from bench_cases.models.micro.architectures import sam2_micro_config

    return OmegaConf.create(sam2_micro_config())


def checked_image_size(image_size: int | None) -> int | None:
    """Return an image size that SAM 2 can work at.

    Raises
    ------
    SelectionError
        When it is not a multiple of 32.
    """
    if image_size is not None and (image_size < _SIZE_STEP or image_size % _SIZE_STEP):
        msg = f"image_size={image_size} cannot be used with SAM 2; expected a multiple of {_SIZE_STEP}, such as 512."
        raise SelectionError(msg)
    return image_size


def has_compiled_extension() -> bool:
    """Whether the library's CUDA extension, which fills holes, is installed; packages from the index lack it."""
    return importlib.util.find_spec("sam2._C") is not None
