"""A walk of SAM 2 that can be corrected: clicks are added to a video that was tracked, and it is tracked again.

The steps are those of the library's ``SAM2VideoPredictor`` in the hands of a user: ``add_new_points_or_box`` without
clearing the points before, which hands the mask decoder the frame's last logits and, on a frame that was tracked, what
the memory says of it; then ``propagate_in_video`` from the start. Unlike a plain walk nothing is forgotten, because any
frame may be corrected: at 1024 pixels 0.8 MB a frame.

One switch differs from the library's default: a frame that was corrected becomes one of the prompted frames
(``add_all_frames_to_correct_as_cond``), as in SAM 2's training. Without it sam2 1.1.0 tracks a corrected frame anew and
loses its clicks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from bench_cases.contracts import CorrectedFrame, Device, Embedding, Precision, Prediction
from bench_cases.errors import StrategyError
from bench_cases.models._devices import inference
from bench_cases.models._sam2_image import MASK_THRESHOLD, points_of
from bench_cases.models._sam2_walk import FrameFeatures
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock

if TYPE_CHECKING:
    from torch import Tensor

_OBJECT = 1
"""The object that a walk follows."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CorrectedOutput:
    """What the library remembers of a corrected frame: memory, pointer, logits."""

    output: Mapping[str, Any]


@dataclass(slots=True, kw_only=True, eq=False)
class Sam2Session:
    """Tracks one video again and again, with all prompts and clicks so far.

    Parameters
    ----------
    video
        Encoded frames in the order in which they are seen; asked for anew each time.
    prompts
        The first prompts by position.
    walk
        A `Walk` with an empty memory, as long as the video.
    features
        Checks and returns a frame's features.
    """

    video: Sequence[Embedding]
    prompts: Mapping[int, Prompt]
    walk: Any
    features: Callable[[Embedding], FrameFeatures]
    device: Device
    precision: Precision
    feeds_back: ClassVar[bool] = True
    _told: bool = False

    def __post_init__(self) -> None:
        self.walk.reach = len(self.video)  # nothing lies farther back: nothing is let go
        self.walk.add_all_frames_to_correct_as_cond = True

    def propagate(self, *, clock: Clock) -> Iterator[Prediction]:
        """Track the video from its first frame to its last; stages ``propagate`` and ``to_host``, one sample a frame.

        The first ``propagate`` of the first time includes the first prompts.
        """
        for position in range(len(self.video)):
            first = {} if self._told else {at: self.features(self.video[at]) for at in sorted(self.prompts)}
            prompted = position in self._outputs("cond_frame_outputs") or position in first
            features = None if prompted else self.features(self.video[position])
            with inference(self.device, self.precision):
                with clock.stage("propagate"):
                    for at, its_features in first.items():
                        self.walk.tell(at, its_features, self.prompts[at])
                    self._told = True
                    logits, iou = self.walk.track(position, features)
                    # As the library notes: a frame that was tracked is corrected, one that was not is prompted.
                    self.walk.state["frames_tracked_per_obj"][0][position] = {"reverse": False}
                with clock.stage("to_host"):
                    prediction = self._at_full_size(logits, iou)
            yield prediction

    def correct(self, position: int, click: Prompt, *, clock: Clock) -> CorrectedOutput:
        """Add a click to a frame that was tracked; stage ``click``.

        Raises
        ------
        StrategyError
            When the video was not tracked yet, or `click` is more than points.
        """
        if position not in self.walk.state["frames_tracked_per_obj"].get(0, {}):
            msg = f"a click at position {position}, which was not tracked; expected one of a video tracked to its end."
            raise StrategyError(msg)
        if click.box_xyxy is not None or click.mask_yx is not None or click.apart:
            msg = "a correction with a box, a mask or parts; expected points alone."
            raise StrategyError(msg)
        features = self.features(self.video[position])
        with inference(self.device, self.precision), clock.stage("click"):
            coordinates, labels = points_of(click, "cpu")
            self.walk.state["cached_features"] = {position: features}
            self.walk.add_new_points_or_box(
                self.walk.state,
                position,
                _OBJECT,
                points=coordinates,
                labels=labels,
                clear_old_points=False,
                normalize_coords=False,
            )
            self.walk.propagate_in_video_preflight(self.walk.state)
            self.walk.state["cached_features"] = {}
            outputs = self._outputs("cond_frame_outputs")
            outputs[position] = {**self.walk._remembered(outputs[position]), "iou": self.walk.iou}  # noqa: SLF001
        return CorrectedOutput(output=outputs[position])

    def adopt(self, position: int, corrected: CorrectedFrame) -> None:
        """Remember a frame that was corrected in another session of the same model.

        Parameters
        ----------
        position
            Its place in time; negative for a frame that this video does not come by.

        Raises
        ------
        TypeError
            For a frame of another model.
        """
        if not isinstance(corrected, CorrectedOutput):
            msg = f"a frame of type {type(corrected).__name__}; expected what correct() of this model returned."
            raise TypeError(msg)
        self._outputs("cond_frame_outputs")[position] = dict(corrected.output)
        self._outputs("non_cond_frame_outputs").pop(position, None)

    def _outputs(self, kind: str) -> dict[int, dict[str, Any]]:
        held: dict[int, dict[str, Any]] = self.walk.state["output_dict_per_obj"].get(0, {}).get(kind, {})
        return held

    def _at_full_size(self, logits: Tensor, iou: Tensor) -> Prediction:
        return Prediction((self.walk.upscale(logits) > MASK_THRESHOLD)[0, 0].cpu().numpy(), float(iou))
