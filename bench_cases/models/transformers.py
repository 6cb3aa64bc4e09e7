"""The adapter for transformers: SAM, SAM-HQ, SAM 2, EdgeTAM and SAM 3's tracker, from folders of the hub's layout.

SAM-HQ runs from its authors' files too. An extra (``pip install -e '.[transformers]'``). Nothing is ever downloaded
from here: a folder is local, or was downloaded before. The names of architectures are those of the library's classes. A
model of video mode serves image mode too, with one network, by the steps of the library's image class.

Where one set of weights runs under two libraries (SAM 2 under sam2 and here) the two are different models: pixels,
hole filling and the handling of prompts differ, and so do their scores, a little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from bench_cases.contracts import Backend, Checkpoint, Device, LoadedModel, Precision, PromptKind, WalkLimits
from bench_cases.errors import CheckpointError
from bench_cases.models import _limits
from bench_cases.models._assemble import assemble
from bench_cases.models._facts import version_of
from bench_cases.models._hf_families import FAMILIES, HQ_SIZES, default_processor, hq_config
from bench_cases.models._hf_folder import load_folder, processor_of, video_processor_of
from bench_cases.models._hf_image import HfImage
from bench_cases.models._hf_video import HfVideo
from bench_cases.models._hq_decoder import MENDED, mend
from bench_cases.models._hq_names import hq_names
from bench_cases.models._options import refuse_options
from bench_cases.models._recognise import without_wrapper
from bench_cases.models._sam2_image import MASK_THRESHOLD
from bench_cases.models._switches import tune_encoder


@dataclass(frozen=True, slots=True)
class Transformers:
    """Builds, loads and names the architectures."""

    name: str = "transformers"

    def architectures(self) -> Sequence[str]:
        """Names of the architectures it can build."""
        return (*FAMILIES, *HQ_SIZES)

    def modes(self, arch: str) -> tuple[Literal["image", "video"], ...]:
        """Image mode; video mode too for the classes of video."""
        return ("image", "video") if arch in FAMILIES and FAMILIES[arch].video else ("image",)

    def prompts(self, arch: str) -> tuple[PromptKind, ...]:
        """Points, boxes and, in image mode, clicks; masks in video mode."""
        return ("points", "box", "boxes", *(("mask",) if "video" in self.modes(arch) else ()), "clicks")

    def limits(self, arch: str) -> WalkLimits:
        """Neither clicks nor a chooser nor a memory to be set, where there are walks."""
        return _limits.TRANSFORMERS if "video" in self.modes(arch) else WalkLimits()

    def load(self, checkpoint: Checkpoint, path: Path | None, *, device: Device, precision: Precision) -> LoadedModel:
        """Read, build and move; both modes share one network.

        Raises
        ------
        CheckpointError
            When the folder or file is damaged, or does not fit.
        SelectionError
            For an option that these architectures do not have.
        """
        refuse_options(checkpoint, known=())
        arch = checkpoint.arch
        family = FAMILIES["SamHQ" if arch in HQ_SIZES else arch]
        if path is not None and path.is_dir():
            assembled = load_folder(checkpoint, path, family=family, device=device)
            processor = processor_of(path, family)
        elif path is None or arch in HQ_SIZES:
            assembled = assemble(
                checkpoint,
                path,
                libraries=("transformers",),
                build=lambda: family.build(hq_config(arch) if arch in HQ_SIZES else None),
                device=device,
                translate=(lambda state: hq_names(without_wrapper(state))) if arch in HQ_SIZES else lambda state: state,
            )
            processor = default_processor(family)
        else:
            msg = (
                f"checkpoint {checkpoint.name!r} gives the file {path.name} for {arch!r}; expected a folder with "
                "config.json and *.safetensors, since a file does not say how large its network is. Give the folder."
            )
            raise CheckpointError(msg)
        module = assembled.module
        tuned = tune_encoder(module.vision_encoder, checkpoint.options)
        hq = family.encoder == "intermediate"
        if hq:
            mend(module.mask_decoder)
        video = None
        if family.video:
            pixels = video_processor_of(path, family)
            video = HfVideo(module=module, processor=pixels, family=family, device=device, precision=precision)
        return assembled.loaded(
            checkpoint,
            image=HfImage(module=module, processor=processor, family=family, device=device, precision=precision),
            video=video,
            device=device,
            precision=precision,
            settings={
                "image_size": max(processor.size[side] or 0 for side in ("height", "longest_edge")),
                "mask_threshold": MASK_THRESHOLD,
                "preprocessing": f"transformers {type(processor).__name__}",
                "apply_postprocessing": family.stable,
                "fill_hole_area": 0,
                "multimask_policy": "single: the single-mask token, replaced where unstable by SAM 2's relatives",
                "decoder_runs_a_prompt": 1 if family.stable else 2,
                **tuned,
                "attn_implementation": module.config._attn_implementation,  # noqa: SLF001 - there is no public name
                **({"decoder": MENDED} if hq else {}),
                "library": version_of("transformers"),
            },
        )


BACKEND: Final[Backend] = Transformers()
