"""Real classes that meet the Protocols, small enough to work out by hand what they must give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import (
    Checkpoint,
    Chooser,
    CorrectedFrame,
    DatasetInfo,
    Decoded,
    Embedding,
    LoadedModel,
    MaskChoice,
    Prediction,
    Previous,
)
from bench_cases.errors import DataError, StrategyError
from bench_cases.frames import Frame
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock
from bench_cases.volume import Volume

CANDIDATES = (1, 0, 2)
"""By how many pixels each candidate mask is smaller than the prompt's box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameEmbedding:
    """An embedding that is the frame itself."""

    frame: Frame

    @property
    def size_yx(self) -> tuple[int, int]:
        return self.frame.shape[0], self.frame.shape[1]

    @property
    def nbytes(self) -> int:
        return self.frame.nbytes


SHRINK: dict[MaskChoice | int, int] = {"single": 0, "confident": 0, "first": 1, 1: 0, 2: 2}
"""By how many pixels each mask that can be chosen is smaller than the box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrightMasks:
    """What is needed to paint any of the masks."""

    embedding: Embedding
    prompt: Prompt
    candidates: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BrightFrame:
    """What is remembered of a frame that was clicked on: whether its last click was positive."""

    present: bool


@dataclass(slots=True)
class BrightSegmenter:
    """Paints, inside the prompt's box, what is at least half as bright as the frame can be; counts encoder runs.

    In video mode the box of the prompt is remembered and used on every frame; three candidates exist where a frame has
    no point or one. `seen` holds the grey value of each frame's corner, in the order of the walks.
    """

    encoder_runs: int = 0
    predictions: int = 0
    brought_to_size: int = 0
    fed_back: int = 0
    walks: list[int] = field(default_factory=list)
    prompted: list[list[int]] = field(default_factory=list)
    seen: list[list[int]] = field(default_factory=list)
    memory: int | None = None
    fail_on_predict: bool = False
    feeds_back: bool = True
    sessions: list[BrightSession] = field(default_factory=list)

    def embed(self, frame: Frame, *, clock: Clock) -> FrameEmbedding:
        with clock.stage("embed"):
            self.encoder_runs += 1
            return FrameEmbedding(frame=frame)

    encode = embed

    def decode(
        self, embedding: Embedding, prompt: Prompt, *, previous: Previous | None = None, clock: Clock
    ) -> BrightMasks:
        if self.fail_on_predict:
            msg = "the decoder gave up"
            raise RuntimeError(msg)
        with clock.stage("predict"):
            self.predictions += 1
            self.fed_back += previous is not None
            return BrightMasks(embedding=embedding, prompt=prompt)

    def mask_of(self, decoded: Decoded, choice: MaskChoice | int = "single", *, clock: Clock) -> Prediction:
        assert isinstance(decoded, BrightMasks)
        with clock.stage("to_host"):
            self.brought_to_size += 1
            shrink = SHRINK["first" if choice == 0 else choice]
            return Prediction(_paint(decoded.embedding, decoded.prompt, shrink=shrink), 0.5)

    def predict(
        self, embedding: Embedding, prompt: Prompt, *, choice: MaskChoice = "single", clock: Clock
    ) -> Prediction:
        return self.mask_of(self.decode(embedding, prompt, clock=clock), choice, clock=clock)

    def open_session(
        self,
        video: Sequence[Embedding],
        prompts: Mapping[int, Prompt],
        *,
        size_yx: tuple[int, int],
        choice: MaskChoice = "single",
    ) -> BrightSession:
        self.sessions.append(
            BrightSession(
                segmenter=self,
                video=video,
                prompts=prompts,
                size_yx=size_yx,
                choice=choice,
                feeds_back=self.feeds_back,
            )
        )
        return self.sessions[-1]

    def propagate(
        self,
        video: Sequence[Embedding],
        prompts: Mapping[int, Prompt],
        *,
        size_yx: tuple[int, int],
        choice: MaskChoice = "single",
        choose: Chooser | None = None,
        clock: Clock,
    ) -> Iterator[Prediction]:
        self.walks.append(len(video))
        self.seen.append([])
        self.prompted.append(sorted(prompts))
        prompt = prompts[min(prompts)]
        prompt = prompt if prompt.mask_yx is not None else prompt.scaled_to(size_yx)
        for position in range(len(video)):
            embedding = video[position]
            assert isinstance(embedding, FrameEmbedding)
            self.seen[-1].append(int(embedding.frame[0, 0, 0]))
            with clock.stage("propagate"):
                if embedding.size_yx != size_yx:
                    yield Prediction(np.zeros(size_yx, bool), 0.0)
                    continue
                shrink = int(choice == "first")
                told = prompts.get(position)
                if choose is not None and (told is None or told.n_points + 2 * told.n_boxes == 1):
                    candidates = [_paint(embedding, prompt, shrink=it) for it in CANDIDATES]
                    index = choose(position, candidates)
                    shrink = shrink if index is None else CANDIDATES[index]
                mask = _paint(embedding, prompt, shrink=shrink)
            yield Prediction(mask, 0.5)

    def with_memory(self, frames: int) -> BrightSegmenter:
        if frames > 7:
            msg = f"a memory of {frames} frames; expected 1 to 7. Give --sam-memory a number up to 7."
            raise StrategyError(msg)
        return replace(self, memory=frames)


@dataclass(slots=True, kw_only=True)
class BrightSession:
    """Paints as the segmenter's walk does; a frame that was clicked on is all that is bright, or nothing at all."""

    segmenter: BrightSegmenter
    video: Sequence[Embedding]
    prompts: Mapping[int, Prompt]
    size_yx: tuple[int, int]
    choice: MaskChoice
    feeds_back: bool = True
    known: dict[int, BrightFrame] = field(default_factory=dict)

    def propagate(self, *, clock: Clock) -> Iterator[Prediction]:
        walk = self.segmenter.propagate(self.video, self.prompts, size_yx=self.size_yx, choice=self.choice, clock=clock)
        for position, prediction in enumerate(walk):
            embedding, clicked = self.video[position], self.known.get(position)
            assert isinstance(embedding, FrameEmbedding)
            yield prediction if clicked is None else Prediction(clicked.present & (embedding.frame[..., 0] >= 128), 1.0)

    def correct(self, position: int, click: Prompt, *, clock: Clock) -> BrightFrame:
        with clock.stage("click"):
            self.known[position] = BrightFrame(present=click.labels == (1,))
            return self.known[position]

    def adopt(self, position: int, corrected: CorrectedFrame) -> None:
        assert isinstance(corrected, BrightFrame)
        self.known[position] = corrected


def _paint(embedding: Embedding, prompt: Prompt, *, shrink: int) -> NDArray[np.bool_]:
    assert isinstance(embedding, FrameEmbedding)
    mask = np.zeros(embedding.size_yx, bool)
    if prompt.mask_yx is not None:
        return prompt.mask_yx & (embedding.frame[..., 0] >= 128)
    box = prompt.box_xyxy or (*np.min(prompt.points_xy, axis=0), *np.max(prompt.points_xy, axis=0))
    x0, y0, x1, y1 = (round(edge) for edge in box)
    inside = (slice(y0 + shrink, y1 + 1), slice(x0 + shrink, x1 + 1))
    mask[inside] = embedding.frame[..., 0][inside] >= 128
    return mask


def checkpoint(name: str = "bright", *, modes: tuple[Any, ...] = ("image", "video")) -> Checkpoint:
    return Checkpoint(name=name, backend="fake", arch="bright", file="none", modes=modes, licence="Apache-2.0")


def loaded(
    segmenter: BrightSegmenter, name: str = "bright", *, modes: tuple[Any, ...] = ("image", "video")
) -> LoadedModel:
    return LoadedModel(
        checkpoint=checkpoint(name, modes=modes),
        image=segmenter if "image" in modes else None,
        video=segmenter if "video" in modes else None,
        device="cpu",
        precision="fp32",
        load_s={"read": 0.0, "build": 0.0, "move": 0.0},
        weights_sha256="0" * 64,
        parameters=0,
        settings={},
    )


def bar_volume(dataset: str = "bars", volume_id: str = "a", *, slices: int = 7, shift: int = 0) -> Volume:
    """A bright bar that gets wider towards the middle, on a dark ground; the two end slices are empty."""
    labels = np.zeros((slices, 12, 16), np.uint8)
    for z in range(1, slices - 1):
        half = 2 + min(z, slices - 1 - z)
        labels[z, 4:8, 8 + shift - half : 8 + shift] = 1
        labels[z, 4:8, 8 + shift : 8 + shift + half] = 2
    image = np.where(labels > 0, 200, 10).astype(np.int16)
    image[:, 0, 0] = 0
    return Volume(
        dataset=dataset,
        id=volume_id,
        image_zyx=image,
        labels_zyx=labels,
        spacing_zyx_mm=(5.0, 1.0, 1.0),
        modality="CT",
        target="bar",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BarDataset:
    """Volumes of bars; one of them may be broken."""

    name: str = "bars"
    ids: tuple[str, ...] = ("a", "b", "c")
    broken: str = ""
    absent: str | None = None
    on_request: bool = False
    aliases: tuple[str, ...] = ()

    @property
    def info(self) -> DatasetInfo:
        return DatasetInfo(
            title="Bars",
            on_request=self.on_request,
            aliases=self.aliases,
            modality="CT",
            targets={"bar": (1, 2), "left": (1,)},
            licence="CC0",
            citation="none",
            source="tests",
        )

    def missing(self) -> str | None:
        return self.absent

    def volume_ids(self) -> Sequence[str]:
        return self.ids

    def load(self, volume_id: str, target: str | None = None) -> Volume:  # noqa: ARG002 - bars have one shape
        if volume_id == self.broken:
            msg = f"{volume_id}.nii.gz is truncated; expected a whole file. Fetch it again."
            raise DataError(msg)
        return bar_volume(self.name, volume_id, shift=self.ids.index(volume_id))
