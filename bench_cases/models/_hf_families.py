"""The architectures of transformers that this project runs, as data: classes, and what tells them apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One architecture.

    Parameters
    ----------
    model
        Name of the library's class.
    encoder
        What the image encoder returns: ``one`` map, one and ``intermediate`` ones (SAM-HQ), or a ``pyramid``.
    processor
        Name of the class that prepares a frame, and its arguments where a folder does not say.
    video
        Name of the class that prepares frames of a video; empty for image mode alone.
    """

    model: str
    encoder: Literal["one", "intermediate", "pyramid"]
    processor: str
    settings: dict[str, Any]
    video: str = ""

    @property
    def stable(self) -> bool:
        """Whether its decoder replaces an unstable single mask, as SAM 2's does."""
        return self.encoder == "pyramid"

    def build(self, config: Any = None) -> Any:
        """Return the network in CPU memory with random weights; the library's default size without `config`."""
        import transformers

        kind = getattr(transformers, self.model)
        return kind(config or kind.config_class())


_SAM_SIZE: Final = {"size": {"longest_edge": 1024}, "pad_size": {"height": 1024, "width": 1024}}
_SAM2_SIZE: Final = {"size": {"height": 1024, "width": 1024}}
_SAM3_SIZE: Final = {"size": {"height": 1008, "width": 1008}}
_SAM2_VIDEO: Final = "Sam2VideoVideoProcessor"


def _sam(model: str, encoder: Literal["one", "intermediate"]) -> Family:
    return Family(model=model, encoder=encoder, processor="SamImageProcessor", settings=_SAM_SIZE)


def _sam2(model: str, *, video: str = "") -> Family:
    return Family(model=model, encoder="pyramid", processor="Sam2ImageProcessor", settings=_SAM2_SIZE, video=video)


def _sam3(model: str, *, video: str = "") -> Family:
    return Family(model=model, encoder="pyramid", processor="Sam3ImageProcessor", settings=_SAM3_SIZE, video=video)


FAMILIES: Final = {
    "Sam": _sam("SamModel", "one"),
    "SamHQ": _sam("SamHQModel", "intermediate"),
    "Sam2": _sam2("Sam2Model"),
    "Sam2Video": _sam2("Sam2VideoModel", video=_SAM2_VIDEO),
    "EdgeTam": _sam2("EdgeTamModel"),
    "EdgeTamVideo": _sam2("EdgeTamVideoModel", video=_SAM2_VIDEO),
    "Sam3Tracker": _sam3("Sam3TrackerModel"),
    "Sam3TrackerVideo": _sam3("Sam3TrackerVideoModel", video=_SAM2_VIDEO),
}
"""Name on the command line to architecture."""

HQ_SIZES: Final = {
    "sam_hq_vit_b": (768, 12, 12, (2, 5, 8, 11)),
    "sam_hq_vit_l": (1024, 24, 16, (5, 11, 17, 23)),
    "sam_hq_vit_h": (1280, 32, 16, (7, 15, 23, 31)),
}
"""SAM-HQ as its authors publish it, in single files: width, depth, heads and global blocks (Ke et al. 2023)."""

MODEL_TYPES: Final = {
    "sam": "Sam",
    "sam_hq": "SamHQ",
    "sam2": "Sam2",
    "sam2_video": "Sam2Video",
    "edgetam": "EdgeTam",
    "edgetam_video": "EdgeTamVideo",
    "sam3_tracker": "Sam3Tracker",
    "sam3_tracker_video": "Sam3TrackerVideo",
    "sam3_video": "Sam3TrackerVideo",
}
"""``model_type`` of a folder's config.json to the architecture that runs it in the most modes."""


def hq_config(arch: str) -> Any:
    """Return the configuration of a published SAM-HQ."""
    from transformers import SamHQConfig

    width, depth, heads, global_blocks = HQ_SIZES[arch]
    vision = {
        "hidden_size": width,
        "num_hidden_layers": depth,
        "num_attention_heads": heads,
        "global_attn_indexes": list(global_blocks),
        "mlp_dim": 4 * width,
    }
    # The authors' two-way transformer has torch's own epsilon; transformers has another by default.
    return SamHQConfig(vision_config=vision, mask_decoder_config={"vit_dim": width, "layer_norm_eps": 1e-5})


def default_processor(family: Family) -> Any:
    """Return what prepares a frame where there is no folder that says how."""
    import transformers

    return getattr(transformers, family.processor)(**family.settings)
