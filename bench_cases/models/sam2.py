"""The adapter for sam2: SAM 2.0 and 2.1 in four sizes, MedSAM2, EfficientTAM, and this project's micro SAM 2.

Both modes. EfficientTAM's networks come from a package of its own, and are walked by sam2 all the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from bench_cases.contracts import (
    ANY_PROMPT,
    Backend,
    Checkpoint,
    Device,
    LoadedModel,
    Precision,
    PromptKind,
    WalkLimits,
)
from bench_cases.models import _efficienttam, _limits
from bench_cases.models._assemble import assemble
from bench_cases.models._facts import source_sha256, version_of
from bench_cases.models._options import refuse_options
from bench_cases.models._sam2_build import (
    FILLED_HOLE_PX,
    MEDSAM2,
    POSTPROCESSING,
    PUBLISHED,
    build,
    checked_image_size,
    has_compiled_extension,
)
from bench_cases.models._sam2_image import MASK_THRESHOLD, Sam2Image
from bench_cases.models._sam2_video import Sam2Video
from bench_cases.models._switches import tune_encoder


@dataclass(frozen=True, slots=True)
class Sam2:
    """Builds, loads and names SAM 2's architectures."""

    name: str = "sam2"

    def architectures(self) -> Sequence[str]:
        """Names of the architectures it can build."""
        return (*PUBLISHED, MEDSAM2, *_efficienttam.CONFIGURATIONS, "sam2_micro")

    def modes(self, arch: str) -> tuple[Literal["image", "video"], ...]:  # noqa: ARG002 - the same for all
        """Both modes."""
        return ("image", "video")

    def prompts(self, arch: str) -> tuple[PromptKind, ...]:  # noqa: ARG002 - the same for all
        """Every kind; masks in video mode."""
        return ANY_PROMPT

    def limits(self, arch: str) -> WalkLimits:
        """Memories no longer than those that the architecture was trained with."""
        return _limits.SAM2_MICRO if arch == "sam2_micro" else _limits.SAM2

    def load(self, checkpoint: Checkpoint, path: Path | None, *, device: Device, precision: Precision) -> LoadedModel:
        """Read, build and move; both modes share one network.

        Raises
        ------
        CheckpointError
            When the file is damaged or its keys do not fit, with the keys that differ.
        SelectionError
            For an option that this architecture does not have, or an image size that it cannot take.
        """
        refuse_options(checkpoint, known=("image_size", "postprocessing"))
        wanted = checkpoint.options
        compiled = has_compiled_extension()
        # Without the CUDA extension, and on other devices, the library skips hole filling and warns at each frame.
        fill_hole_area = FILLED_HOLE_PX if compiled and device == "cuda" and wanted.postprocessing else 0
        image_size = checked_image_size(wanted.image_size)
        efficient = checkpoint.arch in _efficienttam.CONFIGURATIONS
        assembled = assemble(
            checkpoint,
            path,
            # sam2 first: whichever is imported first takes Hydra's global state for its own builders.
            libraries=("hydra.utils", "sam2.sam2_video_predictor", *((_efficienttam.LIBRARY,) if efficient else ())),
            build=lambda: build(
                checkpoint.arch,
                fill_hole_area=fill_hole_area,
                image_size=image_size,
                postprocessing=wanted.postprocessing,
            ),
            device=device,
        )
        module = assembled.module
        tuned = tune_encoder(module.image_encoder, checkpoint.options)
        return assembled.loaded(
            checkpoint,
            image=Sam2Image(module=module, device=device, precision=precision),
            video=Sam2Video(module=module, device=device, precision=precision),
            device=device,
            precision=precision,
            settings={
                "image_size": module.image_size,
                "mask_threshold": MASK_THRESHOLD,
                "preprocessing": "sam2",
                "apply_postprocessing": wanted.postprocessing,
                "postprocessing": POSTPROCESSING if wanted.postprocessing else {},
                "multimask_policy": "single: the single-mask token, replaced where unstable if post-processing is on",
                **tuned,
                "fill_hole_area": fill_hole_area,
                "compiled_extension": compiled,
                "multimask_output_for_tracking": module.multimask_output_for_tracking,
                "num_maskmem": module.num_maskmem,
                "library": version_of("sam2", "SAM-2"),
                "library_sha256": source_sha256("sam2"),
                **(_networks_library() if efficient else {}),
            },
        )


def _networks_library() -> dict[str, str]:
    """Name the package that a network comes from where it is not that of the walks."""
    package = _efficienttam.PACKAGE
    return {
        "network_library": version_of(package),
        "network_library_sha256": source_sha256(package),
    }


BACKEND: Final[Backend] = Sam2()
