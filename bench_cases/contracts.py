"""The seams of the house, as Protocols: what a dataset, a model and a prompt rule must offer.

Nothing here imports a library that takes long to load, so that the collection of cases stays quick.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from bench_cases.frames import Frame
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock
from bench_cases.volume import Volume

MaskChoice = Literal["single", "confident", "first"]
"""Which of a decoder's masks counts: the single-mask token, the best predicted IoU of three, or the first of three."""

Device = Literal["cpu", "cuda", "mps"]
Precision = Literal["fp32", "bf16", "fp16"]


# ---------------------------------------------------------------- datasets


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetInfo:
    """What is known of a dataset without reading a voxel.

    Parameters
    ----------
    targets
        Target name to the label ids that make it up, in order; the first is the default target.
    facts
        Confidence notes on facts that are not certain, shown by ``sambench list``.
    """

    title: str
    modality: str
    targets: Mapping[str, tuple[int, ...]]
    licence: str
    citation: str
    source: str
    phantom: bool = False
    ordered: bool = True
    affine_trusted: bool = True
    facts: tuple[str, ...] = ()


class Dataset(Protocol):
    """A named collection of volumes. One file in `bench_cases.datasets` with a constant ``DATASETS`` adds some."""

    @property
    def name(self) -> str:
        """Name used on the command line and in ids, for instance ``coronacases``."""
        ...

    @property
    def info(self) -> DatasetInfo:
        """Modality, targets, licence, citation."""
        ...

    def missing(self) -> str | None:
        """Return None when the data are on disk, else one line: what is missing and the command that fetches it."""
        ...

    def volume_ids(self) -> Sequence[str]:
        """Return the ids of the volumes in the published order, from file names alone: no scan is opened."""
        ...

    def load(self, volume_id: str, target: str | None = None) -> Volume:
        """Read one volume with the labels of `target` (default: the first of `info.targets`).

        Raises
        ------
        DataError
            With the file's name, what is wrong with it, and what to do.
        """
        ...


# ---------------------------------------------------------------- models


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
        Where it is downloaded from; None for a local file or one shipped in the package.
    file
        File name in the cache, or a path for a local file.
    sha256
        Expected digest, hex; None when no trustworthy one is published.
    sha256_confidence
        Where the digest comes from.
    modes
        ``"image"``, ``"video"``.
    """

    name: str
    backend: str
    arch: str
    file: str
    url: str | None = None
    sha256: str | None = None
    sha256_confidence: str = ""
    size_bytes: int | None = None
    licence: str = "unknown"
    citation: str = ""
    modes: tuple[Literal["image", "video"], ...]
    notes: tuple[str, ...] = ()


class Prediction(NamedTuple):
    """One mask: ``mask_yx`` boolean at the frame's own size, and the model's own estimate of its IoU."""

    mask_yx: NDArray[np.bool_]
    score: float


class Embedding(Protocol):
    """What an image encoder returned for one frame; opaque but for its size."""

    @property
    def size_yx(self) -> tuple[int, int]:
        """Height and width of the frame it was made from."""
        ...

    @property
    def nbytes(self) -> int:
        """Bytes held on the device, so that the engine knows how many it can keep."""
        ...


@runtime_checkable
class ImageSegmenter(Protocol):
    """A model that segments one frame from a prompt on that frame. Embeddings are values; nothing is kept."""

    def embed(self, frame: Frame, *, clock: Clock) -> Embedding:
        """Encode a frame; stages ``to_device`` and ``embed``."""
        ...

    def predict(
        self, embedding: Embedding, prompt: Prompt, *, choice: MaskChoice = "single", clock: Clock
    ) -> Prediction:
        """Decode one prompt on an embedding; stages ``predict`` and ``to_host``. Equal inputs give equal masks."""
        ...

    def candidates(self, embedding: Embedding, prompt: Prompt, *, clock: Clock) -> Sequence[Prediction]:
        """Decode one prompt into all the masks that ``confident`` and ``first`` choose from; stages as `predict`."""
        ...


@runtime_checkable
class VideoSegmenter(Protocol):
    """A model that carries a prompt from frame to frame through a memory."""

    def encode(self, frame: Frame, *, clock: Clock) -> Embedding:
        """Encode a frame for video mode; stages ``to_device`` and ``embed``. Not interchangeable with `embed`."""
        ...

    def propagate(
        self,
        video: Sequence[Embedding],
        prompts: Mapping[int, Prompt],
        *,
        size_yx: tuple[int, int],
        choice: MaskChoice = "single",
        clock: Clock,
    ) -> Iterator[Prediction]:
        """Walk `video` from its first frame to its last with a memory of its own, and yield one mask a frame.

        Parameters
        ----------
        video
            Encoded frames in the order in which they are to be seen; only ``len`` and ``[]`` are used, each position
            is asked for when it is reached, and nothing is kept beyond the memory's own needs.
        prompts
            Position in `video` to prompt, at least one. A frame sees the prompts that lie ahead of it too (a single
            ``forward`` pass may start long before its prompt: Dong et al. 2024).
        size_yx
            Size of the masks. A prompt on a frame of another size (a foreign seed) is scaled to it.
        clock
            Stages ``propagate`` and ``to_host``, one sample a frame.
        """
        ...


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

    def load(self, checkpoint: Checkpoint, path: Path | None, *, device: Device, precision: Precision) -> LoadedModel:
        """Read, build and move; without a path, random weights from a fixed seed, for tests and timings.

        Raises
        ------
        CheckpointError
            When the file is damaged or its keys do not fit, with the keys that differ.
        """
        ...


# ---------------------------------------------------------------- prompting


PromptKind = Literal["points", "box", "boxes", "mask"]
"""What a prompt holds; ``boxes`` are several, each predicted apart."""


class PromptRule(Protocol):
    """How a prompt is drawn from a reference. A file in `bench_cases.prompting` with a constant ``RULES`` adds some."""

    @property
    def name(self) -> str:
        """Name in the strategy grammar, for instance ``composite``."""
        ...

    @property
    def gives(self) -> Collection[PromptKind]:
        """What its prompts are made of, so that a mode that cannot take them is told before anything runs."""
        ...

    def __call__(self, labels_yx: NDArray[np.uint8], *, seed: int) -> Prompt:
        """Draw the prompt for one slice.

        Parameters
        ----------
        labels_yx
            Label map of the slice, 0 background, 1..K the target's labels; at least one pixel is non-zero.
        seed
            Seed of any random choice, derived from the case's identity.
        """
        ...


class PromptFamily(Protocol):
    """Rules whose names carry a number. A file in `bench_cases.prompting` with a constant ``FAMILIES`` adds some."""

    @property
    def name(self) -> str:
        """How its names look, for instance ``centroid+N``."""
        ...

    @property
    def examples(self) -> Collection[str]:
        """Names that a wildcard stands for: the members a study used."""
        ...

    def parse(self, name: str, rules: Mapping[str, PromptRule]) -> PromptRule | None:
        """Return the rule of a name, or None when the name is not of this family.

        Parameters
        ----------
        rules
            All rules, those of families included, for names made from another rule's name.

        Raises
        ------
        StrategyError
            When the name is of this family and means nothing.
        """
        ...
