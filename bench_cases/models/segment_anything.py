"""The adapter for segment_anything: SAM ViT-B, ViT-L and ViT-H, MedSAM, MobileSAM, and this project's micro SAM.

Image mode only. MedSAM is ViT-B with steps of its own; MobileSAM is a small encoder from a package of its own
(``mobile_sam``), which copies the rest of the library.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from bench_cases.contracts import Backend, Checkpoint, Device, LoadedModel, Precision, PromptKind, WalkLimits
from bench_cases.models._assemble import assemble
from bench_cases.models._facts import source_sha256, version_of
from bench_cases.models._medsam import PROBABILITY_THRESHOLD, MedSamImage
from bench_cases.models._options import refuse_options
from bench_cases.models._sam_image import SamImage
from bench_cases.models._switches import tune_encoder

_PUBLISHED: Final = ("vit_b", "vit_l", "vit_h")
_BOXES: Final[tuple[PromptKind, ...]] = ("box", "boxes")
_DISTRIBUTIONS: Final = {
    "segment_anything": ("segment-anything", "segment_anything"),
    "mobile_sam": ("mobile-sam", "mobile_sam"),
}


@dataclass(frozen=True, slots=True)
class SegmentAnything:
    """Builds, loads and names SAM's architectures."""

    name: str = "segment_anything"

    def architectures(self) -> Sequence[str]:
        """Names of the architectures it can build."""
        return (*_PUBLISHED, "sam_micro", "medsam", "vit_t")

    def modes(self, arch: str) -> tuple[Literal["image", "video"], ...]:  # noqa: ARG002 - the same for all
        """Image mode."""
        return ("image",)

    def prompts(self, arch: str) -> tuple[PromptKind, ...]:
        """Points and boxes; boxes alone for MedSAM."""
        return _BOXES if arch == "medsam" else ("points", *_BOXES, "clicks")

    def limits(self, arch: str) -> WalkLimits:  # noqa: ARG002 - the same for all
        """Nothing to say: there are no walks."""
        return WalkLimits()

    def load(self, checkpoint: Checkpoint, path: Path | None, *, device: Device, precision: Precision) -> LoadedModel:
        """Read, build and move.

        Raises
        ------
        CheckpointError
            When the file is damaged or its keys do not fit, with the keys that differ.
        """
        refuse_options(checkpoint, known=())
        library = "mobile_sam" if checkpoint.arch == "vit_t" else "segment_anything"
        assembled = assemble(
            checkpoint,
            path,
            libraries=(library,),
            build=lambda: build(checkpoint.arch),
            device=device,
        )
        module = assembled.module
        tuned = tune_encoder(module.image_encoder, checkpoint.options)
        image = MedSamImage if checkpoint.arch == "medsam" else SamImage
        return assembled.loaded(
            checkpoint,
            image=image(module=module, device=device, precision=precision),
            video=None,
            device=device,
            precision=precision,
            settings={
                "image_size": module.image_encoder.img_size,
                "mask_threshold": PROBABILITY_THRESHOLD if checkpoint.arch == "medsam" else module.mask_threshold,
                "preprocessing": "medsam" if checkpoint.arch == "medsam" else "sam",
                "multimask_policy": "single: the single-mask token; others: of three",
                **tuned,
                "library": version_of(*_DISTRIBUTIONS[library]),
                "library_sha256": source_sha256(library),
            },
        )


def build(arch: str) -> Any:
    """Return a ``segment_anything.modeling.Sam`` in CPU memory, with random weights."""
    if arch == "vit_t":
        return importlib.import_module("mobile_sam").sam_model_registry[arch]()
    if arch in {*_PUBLISHED, "medsam"}:
        from segment_anything import sam_model_registry

        return sam_model_registry["vit_b" if arch == "medsam" else arch]()
    from bench_cases.models.micro.architectures import build_sam_micro

    return build_sam_micro()


BACKEND: Final[Backend] = SegmentAnything()
