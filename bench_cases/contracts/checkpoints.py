"""What a checkpoint is, what a loaded one is, and what the adapter of a library must offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from bench_cases.contracts.models import ImageSegmenter, VideoSegmenter
from bench_cases.contracts.prompts import PromptKind

Device = Literal["cpu", "cuda", "mps"]
Precision = Literal["fp32", "bf16", "fp16"]
Attention = Literal["auto", "math"]
"""Kernels of scaled dot-product attention: whatever torch picks for the shapes at hand, or the plain formula alone."""

ANY_PROMPT: tuple[PromptKind, ...] = ("points", "box", "boxes", "mask", "clicks")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """How a checkpoint is run, where that is not the run's default: part of a model's identity, like its weights.

    Parameters
    ----------
    precision
        Arithmetic of this model; None takes the run's.
    compile
        Whether the image encoder goes through ``torch.compile``.
    image_size
        Side of the square that frames are brought to; None is the architecture's own.
    postprocessing
        Whether what the library does to masks by default is done: SAM 2's choice by stability and hole filling.
    attention
        Kernels of scaled dot-product attention.
    tf32
        Whether CUDA may round fp32 products to 19 bits; None leaves torch's defaults.
    channels_last
        Whether the image encoder's convolutions keep the channels of a pixel side by side in memory.
    """

    precision: Precision | None = None
    compile: bool = False
    image_size: int | None = None
    postprocessing: bool = True
    attention: Attention = "auto"
    tf32: bool | None = None
    channels_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkLimits:
    """What cannot be asked of a model's walks through a video; by default everything can.

    Parameters
    ----------
    clicks
        Whether a walk can be corrected by clicks.
    oracle
        Whether a walk asks which of several candidates counts.
    memory
        The most frames that ``--sam-memory`` may ask for, 0 where there is nothing to set; None for any number.
    """

    clicks: bool = True
    oracle: bool = True
    memory: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A named file of weights: data, never code.

    Parameters
    ----------
    name
        Name on the command line and in ids (``sam_vit_l``, ``sam2.1_large``).
    backend
        Name of the adapter that loads it: a module of `bench_cases.models` (``segment_anything``, ``sam2``).
    arch
        The backend's name for the architecture (``vit_l``, ``sam2.1_large``, ``sam2_micro``).
    url
        Where it is downloaded from; None for a local file, one shipped in the package, or a folder of the hub.
    hub
        ``owner/name`` of a transformers folder on the Hugging Face hub, with ``@revision`` where one is pinned.
    page
        Where people get it in a browser, when there is no address for programs.
    file
        File name in the cache, or a path for a local file or folder; empty for random weights, or a model without any.
    sha256
        Expected digest, hex, or ``md5:...``; None when no trustworthy one is published: the first download's is then
        trusted, recorded and checked from then on.
    sha256_confidence
        Where the digest comes from.
    size_bytes
        Exact size of the file; None when unknown.
    about_bytes
        Size to within a per cent, where only that is known.
    restrictions
        What the licence asks beyond attribution: a login, no commercial use; empty when nothing.
    preprocessing
        How a frame becomes the network's input, in words.
    prompts
        Kinds of prompt that it takes in one mode or another.
    limits
        What its walks through a video cannot do.
    requires
        Module without which it cannot be run, and how that is installed: ``"mobile_sam: pip install ..."``.
    blocked
        Why no adapter here can run it, and what is needed; empty when one can.
    doubt
        What else it may be, where its architecture was told from its keys and they do not decide; empty when they do.
    modes
        ``"image"``, ``"video"``.
    """

    name: str
    backend: str
    arch: str
    file: str
    url: str | None = None
    hub: str | None = None
    page: str = ""
    sha256: str | None = None
    sha256_confidence: str = ""
    size_bytes: int | None = None
    about_bytes: int | None = None
    licence: str = "unknown"
    restrictions: str = ""
    citation: str = ""
    preprocessing: str = ""
    prompts: tuple[PromptKind, ...] = ANY_PROMPT
    limits: WalkLimits = WalkLimits()
    requires: str = ""
    blocked: str = ""
    doubt: str = ""
    modes: tuple[Literal["image", "video"], ...]
    options: LoadOptions = LoadOptions()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A checkpoint on a device.

    Parameters
    ----------
    load_s
        Seconds spent in ``read`` (file to tensors), ``build`` (architecture, weights put in) and ``move`` (to device).
    weights_sha256
        Digest of the file that was loaded.
    settings
        Whatever makes results differ: precision, device, image size, post-processing, library versions, whether
        sam2's compiled extension is present.
    synchronise
        Blocks until the device is idle; None on a CPU.
    """

    checkpoint: Checkpoint
    image: ImageSegmenter | None
    video: VideoSegmenter | None
    device: Device
    precision: Precision
    load_s: Mapping[str, float]
    weights_sha256: str
    parameters: int
    settings: Mapping[str, Any]
    synchronise: Any = None


class Backend(Protocol):
    """An adapter for one library. One file in `bench_cases.models` with a constant ``BACKEND`` adds one."""

    @property
    def name(self) -> str:
        """Name that `Checkpoint.backend` refers to."""
        ...

    def architectures(self) -> Sequence[str]:
        """Names of the architectures it can build, without importing the library."""
        ...

    def modes(self, arch: str) -> tuple[Literal["image", "video"], ...]:
        """Modes that an architecture offers."""
        ...

    def prompts(self, arch: str) -> tuple[PromptKind, ...]:
        """Kinds of prompt that an architecture takes in one mode or another."""
        ...

    def limits(self, arch: str) -> WalkLimits:
        """What walks of an architecture cannot do; without video mode, whatever."""
        ...

    def load(self, checkpoint: Checkpoint, path: Path | None, *, device: Device, precision: Precision) -> LoadedModel:
        """Read, build and move; without a path, random weights from a fixed seed, for tests and timings.

        `Checkpoint.options` says how; an option that the backend does not know is refused, never passed over.

        Raises
        ------
        CheckpointError
            When the file is damaged or its keys do not fit, with the keys that differ.
        """
        ...
