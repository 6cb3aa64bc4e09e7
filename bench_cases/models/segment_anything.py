"""The adapter for segment_anything: SAM ViT-B, ViT-L and ViT-H, and this project's micro SAM. Image mode only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from bench_cases.contracts import Backend, Checkpoint, Device, LoadedModel, Precision
from bench_cases.models._assemble import assemble
from bench_cases.models._devices import synchroniser
from bench_cases.models._facts import source_sha256, torch_facts, version_of
from bench_cases.models._sam_image import SamImage

_PUBLISHED: Final = ("vit_b", "vit_l", "vit_h")


@dataclass(frozen=True, slots=True)
class SegmentAnything:
    """Builds, loads and names SAM's architectures."""

    name: str = "segment_anything"

    def architectures(self) -> Sequence[str]:
        """Names of the architectures it can build."""
        return (*_PUBLISHED, "sam_micro")

    def modes(self, arch: str) -> tuple[Literal["image", "video"], ...]:  # noqa: ARG002 - the same for all
        """Image mode."""
        return ("image",)

    def load(self, checkpoint: Checkpoint, path: Path | None, *, device: Device, precision: Precision) -> LoadedModel:
        """Read, build and move.

        Raises
        ------
        CheckpointError
            When the file is damaged or its keys do not fit, with the keys that differ.
        """
        assembled = assemble(
            checkpoint,
            path,
            libraries=("segment_anything",),
            build=lambda: build(checkpoint.arch),
            device=device,
        )
        module = assembled.module
        return LoadedModel(
            checkpoint=checkpoint,
            image=SamImage(module=module, device=device, precision=precision),
            video=None,
            device=device,
            precision=precision,
            load_s=assembled.load_s,
            weights_sha256=assembled.weights_sha256,
            parameters=assembled.parameters,
            settings={
                "device": device,
                "precision": precision,
                "image_size": module.image_encoder.img_size,
                "mask_threshold": module.mask_threshold,
                "library": version_of("segment-anything", "segment_anything"),
                "library_sha256": source_sha256("segment_anything"),
                **torch_facts(device),
            },
            synchronise=synchroniser(device),
        )


def build(arch: str) -> Any:
    """Return a ``segment_anything.modeling.Sam`` in CPU memory, with random weights."""
    if arch in _PUBLISHED:
        from segment_anything import sam_model_registry

        return sam_model_registry[arch]()
    from bench_cases.models.micro.architectures import build_sam_micro

    return build_sam_micro()


BACKEND: Final[Backend] = SegmentAnything()
