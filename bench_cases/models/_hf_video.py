"""Models of transformers on a video: frames are encoded once, as values, and walked as often as wanted.

The library's session holds all frames, and every frame's masks at full size for ever. Here it is handed the features of
one frame at a time, and lets go of what no later frame can look at; the network's steps are its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench_cases.contracts import (
    Chooser,
    Device,
    Embedding,
    MaskChoice,
    Precision,
    Prediction,
    VideoSegmenter,
    VideoSession,
)
from bench_cases.errors import StrategyError
from bench_cases.frames import Frame
from bench_cases.models._choose import of_own_kind
from bench_cases.models._devices import inference
from bench_cases.models._frame import checked
from bench_cases.models._hf_families import Family
from bench_cases.models._hf_image import points_and_boxes
from bench_cases.models._sam2_image import MASK_THRESHOLD
from bench_cases.models._sam2_prompts import must_be_followable, no_clicks
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock

if TYPE_CHECKING:
    from torch import Tensor

_OBJECT = 1
"""The library tracks many objects under ids; a walk follows one."""

_BOX_CORNERS = (2, 3)
"""Labels under which a box is two points."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HfFrame:
    """What the encoder returned for one frame in video mode: levels ``(h * w, 1, C)``, fine to coarse.

    `positions`, the code of positions on each level, is the same for every frame of a model, hence not counted.
    """

    size_yx: tuple[int, int]
    levels: tuple[Tensor, ...]
    positions: tuple[Tensor, ...]

    @property
    def nbytes(self) -> int:
        """Bytes held on the device."""
        return sum(level.nbytes for level in self.levels)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HfVideo:
    """Carries a prompt from frame to frame with a video class of transformers.

    ``single`` and ``confident`` leave the library's own choice; ``first`` takes the first wherever there are three
    candidates. Coordinates are fractions of the prompt's own frame.
    """

    module: Any
    processor: Any
    family: Family
    device: Device
    precision: Precision
    _positions: dict[str, tuple[Tensor, ...]] = field(default_factory=dict, init=False)

    def encode(self, frame: Frame, *, clock: Clock) -> HfFrame:
        """Encode a frame for video mode; stages ``to_device`` and ``embed``.

        Raises
        ------
        DataError
            For a frame that is not ``uint8 (Y, X, 3)``.
        """
        frame = checked(frame)
        with inference(self.device, self.precision):
            with clock.stage("to_device"):
                inputs = self.processor(videos=[frame[None]], return_tensors="pt")
                pixels = inputs["pixel_values_videos"][0].to(self.device)
            with clock.stage("embed"):
                found = self.module.get_image_features(pixels, return_dict=True)
        return HfFrame(
            size_yx=(frame.shape[0], frame.shape[1]),
            levels=tuple(found.fpn_hidden_states),
            positions=self._positions.setdefault("of every frame", tuple(found.fpn_position_encoding)),
        )

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
            Frames from `encode`; prompted ones are asked for before the walk sets out, the others when reached.
        prompts
            Position in `video` to prompt, at least one.
        size_yx
            Size of the masks.
        clock
            Stages ``propagate`` and ``to_host``, one sample a frame; the first ``propagate`` includes all prompts.

        Raises
        ------
        StrategyError
            When there is no prompt, one lies outside the video or has parts, a mask comes with points or a box, or a
            chooser is given, which this adapter does not ask.
        TypeError
            For an embedding of another model or of image mode.
        """
        must_be_followable(len(video), prompts)
        if choose is not None:
            msg = "a chooser among candidates in video mode was given to a model of transformers; expected a rule."
            raise StrategyError(f"{msg} Use 'single', 'confident' or 'first', or a model of sam2.")
        return self._walk(video, prompts, size_yx=size_yx, first=choice == "first", clock=clock)

    def open_session(
        self,
        video: Sequence[Embedding],
        prompts: Mapping[int, Prompt],
        *,
        size_yx: tuple[int, int],
        choice: MaskChoice = "single",
    ) -> VideoSession:
        """Refuse: a walk of this model cannot be corrected by clicks.

        Raises
        ------
        StrategyError
            Always.
        """
        del video, prompts, size_yx, choice
        raise no_clicks("a model of transformers")

    def with_memory(self, frames: int) -> VideoSegmenter:
        """Refuse: the memory of this model is what its configuration says.

        Raises
        ------
        StrategyError
            Always.
        """
        msg = (
            f"a memory of {frames} frames was asked of a model of transformers; expected none to be "
            "asked for. Leave it out, or use sam2."
        )
        raise StrategyError(msg)

    def _walk(
        self,
        video: Sequence[Embedding],
        prompts: Mapping[int, Prompt],
        *,
        size_yx: tuple[int, int],
        first: bool,
        clock: Clock,
    ) -> Iterator[Prediction]:
        import torch

        session = self._session(len(video))
        decoder = Decoder(first=first)
        told: dict[int, float] = {}
        prompted = {position: _features(video[position]) for position in sorted(prompts)}
        for position in range(len(video)):
            features = None if position in prompts else _features(video[position])
            with inference(self.device, self.precision), decoder.watched(self.module):
                with clock.stage("propagate"):
                    while prompted:
                        place = next(iter(prompted))
                        self._tell(session, place, prompted.pop(place), prompts[place])
                        told[place] = 1.0 if prompts[place].mask_yx is not None else decoder.iou
                    if features is not None:
                        _hold(session, position, features)
                    logits = self.module(session, frame_idx=position).pred_masks
                    self._forget(session, position)
                with clock.stage("to_host"):
                    full = torch.nn.functional.interpolate(
                        logits.float(), size_yx, mode="bilinear", align_corners=False
                    )
                    mask_yx = (full > MASK_THRESHOLD)[0, 0].cpu().numpy()
                    prediction = Prediction(mask_yx, told.get(position, decoder.iou))
            yield prediction

    def _session(self, n_frames: int) -> Any:
        import torch
        from transformers import Sam2VideoInferenceSession

        session = Sam2VideoInferenceSession(
            inference_device=self.device, inference_state_device=self.device, dtype=torch.float32
        )
        session.processed_frames = range(n_frames)  # only ever counted: features are handed in
        return session

    def _tell(self, session: Any, position: int, features: HfFrame, prompt: Prompt) -> None:
        """Prompt a frame and put what it gives into the memory."""
        import torch

        size = int(self.processor.size["height"])
        index = session.obj_id_to_idx(_OBJECT)
        if prompt.mask_yx is not None:
            mask = torch.tensor(prompt.mask_yx, device=self.device)[None, None].float()
            # As the library's processor squashes it.
            squashed = torch.nn.functional.interpolate(
                mask, (size, size), mode="bilinear", align_corners=False, antialias=True
            )
            session.add_mask_inputs(index, position, (squashed >= 0.5).float())
        else:
            session.add_point_inputs(index, position, _as_points(prompt, (size, size), self.device))
        session.obj_with_new_inputs = [_OBJECT]
        _hold(session, position, features)
        self.module(session, frame_idx=position)

    def _forget(self, session: Any, position: int) -> None:
        """Let go of what no later frame can look at, and of masks that were kept for the memory encoder alone."""
        config = self.module.config
        reach = max(config.num_maskmem - 1, config.max_object_pointers_in_encoder - 1)
        outputs = session.output_dict_per_obj[session.obj_id_to_idx(_OBJECT)]
        outputs["non_cond_frame_outputs"].pop(position - reach, None)
        for kept in outputs.values():
            kept.get(position, {}).pop("high_res_masks", None)
        session.cache.clear_all()


@dataclass(slots=True, kw_only=True)
class Decoder:
    """Looks on while the mask decoder works: keeps the predicted IoU, which the library forgets; makes ``first``."""

    first: bool
    iou: float = 0.0

    def watched(self, module: Any) -> Any:
        """Return a context in which the decoder is looked at; the network is as before when it ends."""
        return module.mask_decoder.register_forward_hook(self._see)

    def _see(self, _module: Any, _inputs: Any, output: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        masks, iou, tokens, *rest = output
        if self.first:
            masks, iou, tokens = masks[:, :, :1], iou[:, :, :1], tokens[:, :, :1]
        self.iou = float(iou.max())
        return (masks, iou, tokens, *rest)


def _hold(session: Any, position: int, features: HfFrame) -> None:
    session.cache.cache_vision_features(
        position, {"vision_feats": list(features.levels), "vision_pos_embeds": list(features.positions)}
    )


def _as_points(prompt: Prompt, input_yx: tuple[int, int], device: Device) -> dict[str, Tensor]:
    """Return box corners and points ``(1, 1, N, 2)`` in the input's pixels, and their labels; the box first."""
    import torch

    marks = points_and_boxes(prompt, input_yx, device)
    points = [] if marks["input_points"] is None else [marks["input_points"]]
    labels = [] if marks["input_labels"] is None else [marks["input_labels"].to(torch.int32)]
    if marks["input_boxes"] is not None:
        points.insert(0, marks["input_boxes"].reshape(1, 1, 2, 2))
        labels.insert(0, torch.tensor(_BOX_CORNERS, dtype=torch.int32, device=device)[None, None])
    return {"point_coords": torch.cat(points, dim=2), "point_labels": torch.cat(labels, dim=2)}


def _features(embedding: Embedding) -> HfFrame:
    return of_own_kind(embedding, HfFrame, made_by="encode")
