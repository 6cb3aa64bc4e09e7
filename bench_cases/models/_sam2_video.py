"""SAM 2 on a video, through sam2's own tracking: frames are encoded once, as values, and walked as often as wanted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bench_cases.contracts import Chooser, Device, Embedding, MaskChoice, Precision, Prediction, Step, Walk
from bench_cases.errors import StrategyError
from bench_cases.frames import Frame
from bench_cases.models._as_alone import as_alone
from bench_cases.models._choose import of_own_kind
from bench_cases.models._devices import inference
from bench_cases.models._frame import checked
from bench_cases.models._sam2_image import MASK_THRESHOLD
from bench_cases.models._sam2_pixels import video_pixels
from bench_cases.models._sam2_prompts import must_be_followable
from bench_cases.models._sam2_session import Sam2Session
from bench_cases.models._sam2_step import can_be_batched
from bench_cases.models._sam2_together import Together
from bench_cases.models._sam2_walk import FrameFeatures, memory_window, start_walk
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sam2Video:
    """Carries a prompt from frame to frame with a ``sam2.sam2_video_predictor.SAM2VideoPredictor``.

    **Mask choice.** ``single`` and ``confident`` both leave the library's defaults: the single-mask token where a frame
    was prompted by a box or by several points, and elsewhere what the configuration says (the published ones take the
    most confident of three candidates). ``first`` takes the first wherever there are three candidates (Dong et al.
    2024, the harness's protocol). A chooser takes any of them. Candidates exist where the configuration asks for them,
    on frames with no point or one; a box counts as two.

    **Memory.** `memory` is the library's ``num_maskmem``: prompted frames, and the ``memory - 1`` frames before the one
    at hand. Object pointers reach as far back as the configuration says, whatever the window.

    **Coordinates** go to the library as they are, as fractions of the prompt's own frame: a foreign frame and its
    prompt give the same memory in front of every volume, whatever its size. A box's inclusive maximum is passed on
    without adding a pixel.

    **A mask prompt** may lie on a frame of any size; the library squashes it as it does the frame, and hands it back
    as its own result there.
    """

    module: Any
    device: Device
    precision: Precision
    memory: int | None = None
    _positions: dict[tuple[int, int], Tensor] = field(default_factory=dict, init=False)

    def encode(self, frame: Frame, *, clock: Clock) -> FrameFeatures:
        """Encode a frame for video mode; stages ``to_device`` and ``embed``.

        Raises
        ------
        DataError
            For a frame that is not ``uint8 (Y, X, 3)``.
        """
        frame = checked(frame)
        with inference(self.device, self.precision):
            with clock.stage("to_device"):
                pixels = video_pixels(frame, self.module.image_size, self.device)
            with clock.stage("embed"):
                _, levels, positions, sizes = self.module._prepare_backbone_features(  # noqa: SLF001 - see the walk
                    self.module.forward_image(pixels)
                )
        return self._features_of(frame, levels, positions, sizes)

    def encode_many(self, frames: Sequence[Frame], *, clock: Clock) -> list[FrameFeatures]:
        """Encode frames in one run; stages ``to_device`` and ``embed``, one sample (a share) a frame.

        Raises
        ------
        DataError
            For a frame that is not ``uint8 (Y, X, 3)``.
        """
        import torch

        frames = [checked(frame) for frame in frames]
        together, size = clock.another(), len(frames)
        with inference(self.device, self.precision):
            with together.stage("to_device"):
                pixels = torch.cat([video_pixels(frame, self.module.image_size, self.device) for frame in frames])
            with together.stage("embed"), as_alone(size, device=self.device, precision=self.precision):
                _, levels, positions, sizes = self.module._prepare_backbone_features(  # noqa: SLF001 - see the walk
                    self.module.forward_image(pixels)
                )
                # Copies: a view would keep the features of all frames for as long as one of them is held.
                apart = [[level[:, row : row + 1].clone() for level in levels] for row in range(size)]
        positions = [position[:, :1] for position in positions]
        clock.share_out(together, size)
        return [self._features_of(frame, own, positions, sizes) for frame, own in zip(frames, apart, strict=True)]

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
        """Walk `video` from its first frame to its last with a memory of its own, and yield one mask a frame.

        Parameters
        ----------
        video
            Frames from `encode`, in the order in which they are to be seen. Each is asked for once, outside any stage:
            prompted ones before the walk sets out, the others when they are reached; then it is let go.
        prompts
            Position in `video` to prompt, at least one. As in the library, frames see prompts that lie ahead too.
        size_yx
            Size of the masks.
        choose
            Asked once on each frame with several candidates: prompted frames first, by position, then the others. A
            prompted frame's candidates are those of the frame alone, no memory seen.
        clock
            Stages ``propagate`` and ``to_host``, one sample a frame; the first ``propagate`` includes all prompts.

        Raises
        ------
        StrategyError
            When there is no prompt, one lies outside the video or has parts, or a mask comes with points or a box.
        TypeError
            For an embedding of another model or of image mode.
        """
        must_be_followable(len(video), prompts)
        return self._walk(video, prompts, size_yx=size_yx, choice=choice, choose=choose, clock=clock)

    def propagate_many(self, walks: Sequence[Walk], *, at_once: int) -> Iterator[Step]:
        """Walk videos together, each with a memory of its own: parameters and refusals of each as in `propagate`.

        Parameters
        ----------
        at_once
            Most walks in one batch; halved when the device's memory runs out.
        """
        together = Together(
            start=self._start,
            features=_features,
            device=self.device,
            precision=self.precision,
            at_once=at_once if can_be_batched(self.module) else 1,
        )
        return together.advance(walks)

    def with_memory(self, frames: int) -> Sam2Video:
        """Return a view of the model whose walks keep `frames` frames in memory.

        Raises
        ------
        StrategyError
            For more frames than the temporal code of the memory has rows for, or none.
        """
        bound = memory_window(self.module)
        if not 1 <= frames <= bound:
            msg = (
                f"a memory of {frames} frames; expected 1 (prompted frames alone) to {bound}, because the temporal "
                f"code of this model's memory has {bound} rows. Give --sam-memory a number up to {bound}."
            )
            raise StrategyError(msg)
        return replace(self, memory=frames)

    def open_session(
        self,
        video: Sequence[Embedding],
        prompts: Mapping[int, Prompt],
        *,
        size_yx: tuple[int, int],
        choice: MaskChoice = "single",
    ) -> Sam2Session:
        """Open a walk that can be corrected and repeated; parameters and refusals as in `propagate`."""
        must_be_followable(len(video), prompts)
        walk = start_walk(
            self.module,
            n_frames=len(video),
            size_yx=size_yx,
            choice=choice,
            memory=self.memory,
            precision=self.precision,
        )
        return Sam2Session(
            video=video, prompts=prompts, walk=walk, features=_features, device=self.device, precision=self.precision
        )

    def _start(self, asked: Walk) -> Any:
        must_be_followable(len(asked.video), asked.prompts)
        return start_walk(
            self.module,
            n_frames=len(asked.video),
            size_yx=asked.size_yx,
            choice=asked.choice,
            choose=asked.choose,
            memory=self.memory,
            precision=self.precision,
        )

    def _features_of(self, frame: Frame, levels: Any, positions: Any, sizes: Any) -> FrameFeatures:
        return FrameFeatures(
            size_yx=(frame.shape[0], frame.shape[1]),
            levels=tuple(levels),
            sizes=tuple(sizes),
            # A constant of the network: one copy serves all frames (4 of 21 MB a frame at 1024 pixels).
            position=self._positions.setdefault(sizes[-1], positions[-1]),
        )

    def _walk(
        self,
        video: Sequence[Embedding],
        prompts: Mapping[int, Prompt],
        *,
        size_yx: tuple[int, int],
        choice: MaskChoice,
        choose: Chooser | None,
        clock: Clock,
    ) -> Iterator[Prediction]:
        walk = start_walk(
            self.module,
            n_frames=len(video),
            size_yx=size_yx,
            choice=choice,
            choose=choose,
            memory=self.memory,
            precision=self.precision,
        )
        prompted = {position: _features(video[position]) for position in sorted(prompts)}
        for position in range(len(video)):
            features = None if position in prompts else _features(video[position])
            with inference(self.device, self.precision):
                with clock.stage("propagate"):
                    while prompted:
                        told = next(iter(prompted))
                        walk.tell(told, prompted.pop(told), prompts[told])
                    logits, iou = walk.track(position, features)
                with clock.stage("to_host"):
                    mask_yx = (walk.upscale(logits) > MASK_THRESHOLD)[0, 0].cpu().numpy()
                    prediction = Prediction(mask_yx, float(iou))
            yield prediction


def _features(embedding: Embedding) -> FrameFeatures:
    return of_own_kind(embedding, FrameFeatures, made_by="encode")
