"""One walk of SAM 2 through a video: the library's own tracking, on features made elsewhere, with bounded memory.

The library's ``SAM2VideoPredictor`` wants a folder of JPEG files, holds all of it as float pixels, and keeps the
memory of every frame. A `Walk` shares that predictor's network and overrides what stands in the way:

* features of a frame are handed in, one frame at a time;
* the outputs of frames that no later frame can look at are let go;
* which of three candidate masks counts may be said: ``first`` takes the first (D24), a chooser any, where the library
  takes the most confident. It is said at the decoder, so that result, object pointer and memory are of one candidate;
* the memory window may be shortened.

It relies on private methods of sam2 1.1.0; the tests compare its state with the library's and its masks with those
of ``propagate_in_video``.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from bench_cases.contracts import Chooser, MaskChoice, Precision
from bench_cases.models._sam2_image import MASK_THRESHOLD, points_of
from bench_cases.prompt import Prompt

if TYPE_CHECKING:
    from torch import Tensor

_OBJECT = 1
"""The library tracks many objects under ids; a walk follows one."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FrameFeatures:
    """What SAM 2's encoder returned for one frame in video mode.

    Parameters
    ----------
    size_yx
        Size of the frame.
    levels
        Fine to coarse, each ``(h * w, 1, C)``.
    sizes
        ``(h, w)`` of each level.
    position
        Code of positions on the coarse level, ``(h * w, 1, C)``: the same tensor for every frame of a model, hence not
        counted in `nbytes`.
    """

    size_yx: tuple[int, int]
    levels: tuple[Tensor, ...]
    sizes: tuple[tuple[int, int], ...]
    position: Tensor

    @property
    def nbytes(self) -> int:
        """Bytes held on the device."""
        return sum(level.nbytes for level in self.levels)


def start_walk(
    module: Any,
    *,
    n_frames: int,
    size_yx: tuple[int, int],
    choice: MaskChoice,
    choose: Chooser | None = None,
    memory: int | None = None,
    precision: Precision = "fp32",
) -> Any:
    """Return a `Walk` over `n_frames` frames: a view of the network with a state of its own.

    Parameters
    ----------
    module
        A ``SAM2VideoPredictor``; neither changed nor copied, its weights are shared.
    size_yx
        Size of the masks.
    choose
        Takes precedence over `choice` wherever there are several candidates.
    memory
        Frames in memory, at most `memory_window`; None for that.
    precision
        In which the walk's steps will be taken.
    """
    walk = _walk_class().__new__(_walk_class())
    walk.__dict__.update(module.__dict__)
    if memory is not None:
        walk.__dict__.update(shortened_memory(module, memory))
    walk.begin(n_frames=n_frames, size_yx=size_yx, choice=choice, choose=choose, widen=precision == "fp16")
    return walk


def memory_window(module: Any) -> int:
    """Return how many frames the spatial memory was trained for: one row of the temporal code each."""
    return len(module.maskmem_tpos_enc)


def shortened_memory(module: Any, frames: int) -> dict[str, Any]:
    """Return the attributes of a network with a shorter memory; each frame keeps the temporal code it was trained with.

    Row ``d - 1`` of the code marks the frame `d` steps back, the last row prompted frames. Setting the library's
    ``num_maskmem`` alone would mark prompted frames with the row of a frame `frames` steps back.
    """
    import torch

    rows = module.maskmem_tpos_enc
    return {"num_maskmem": frames, "maskmem_tpos_enc": torch.cat([rows[: frames - 1], rows[-1:]])}


def memory_reach(module: Any) -> int:
    """Return how many frames back a tracked frame can look, apart from prompted ones."""
    frames = (module.num_maskmem - 1) * module.memory_temporal_stride_for_eval
    pointers = module.max_obj_ptrs_in_encoder - 1 if module.use_obj_ptrs_in_encoder else 0
    return int(max(frames, pointers))


@dataclass(frozen=True, slots=True)
class OneCandidate:
    """A mask decoder that, of three candidates, offers one alone; a single mask passes through.

    Parameters
    ----------
    pick
        From logits ``(1, 3, S/4, S/4)`` and the object's score to the index of the candidate; None leaves all three,
        of which the library then takes the most confident.
    """

    decoder: Any
    pick: Callable[[Tensor, Tensor], int | None]

    def __call__(self, *, multimask_output: bool, **inputs: Any) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Decode; of masks, predicted IoU and tokens only those of the candidate remain."""
        masks, iou, tokens, object_score = self.decoder(multimask_output=multimask_output, **inputs)
        index = self.pick(masks, object_score) if masks.shape[1] > 1 else None
        if index is None:
            return masks, iou, tokens, object_score
        one = slice(index, index + 1)
        # Where pointers are not made from the candidates' tokens, there is the single-mask token only.
        return masks[:, one], iou[:, one], tokens[:, one] if tokens.shape[1] > 1 else tokens, object_score


@cache
def _walk_class() -> Any:  # noqa: C901 - the methods of a class that needs its base at hand
    """Derive the class when it is first needed: the library takes seconds to import."""
    import torch
    from sam2.modeling.sam2_base import NO_OBJ_SCORE
    from sam2.sam2_video_predictor import SAM2VideoPredictor
    from sam2.utils.misc import fill_holes_in_mask_scores

    class Walk(SAM2VideoPredictor):  # type: ignore[misc, unused-ignore]  # the library has no types
        """See the module."""

        def begin(
            self,
            *,
            n_frames: int,
            size_yx: tuple[int, int],
            choice: MaskChoice,
            choose: Chooser | None,
            widen: bool,
        ) -> None:
            """Start with an empty memory."""
            self.widen = widen
            self.state = memory_state(n_frames=n_frames, size_yx=size_yx, device=self.device)
            self.reach = memory_reach(self)
            self.iou: Any = None
            self.position = 0
            # In the instance's own dictionary, which Python asks before the network's table of parts: the network
            # itself is not touched.
            self.__dict__["decoder"] = self.sam_mask_decoder
            self.pick: Any = None
            if choose is not None or choice == "first":
                self.pick = partial(self._asked, choose) if choose is not None else lambda masks, object_score: 0  # noqa: ARG005
                self.__dict__["sam_mask_decoder"] = OneCandidate(self.decoder, self.pick)

        def tell(self, position: int, features: FrameFeatures, prompt: Prompt) -> None:
            """Prompt a frame and put what it gives into the memory."""
            self.position = position
            self.state["cached_features"] = {position: features}
            if prompt.mask_yx is not None:
                self.add_new_mask(self.state, position, _OBJECT, torch.tensor(prompt.mask_yx))
            else:
                coordinates, labels = points_of(prompt, "cpu")
                self.add_new_points_or_box(
                    self.state, position, _OBJECT, points=coordinates, labels=labels, normalize_coords=False
                )
            # Done prompt by prompt, so that the features of one frame are needed at a time.
            self.propagate_in_video_preflight(self.state)
            self.state["cached_features"] = {}
            outputs = self.state["output_dict_per_obj"][0]["cond_frame_outputs"]
            outputs[position] = {**self._remembered(outputs[position]), "iou": self.iou}

        def track(self, position: int, features: FrameFeatures | None) -> tuple[Tensor, Tensor]:
            """Return the low-resolution logits ``(1, 1, S/4, S/4)`` and predicted IoU of a frame, told or tracked."""
            outputs = self.state["output_dict_per_obj"][0]
            told = outputs["cond_frame_outputs"].get(position)
            if told is not None:
                return told["pred_masks"], told["iou"]
            self.position = position
            self.state["cached_features"] = {position: features}
            compact, logits = self._run_single_frame_inference(
                inference_state=self.state,
                output_dict=outputs,
                frame_idx=position,
                batch_size=1,
                is_init_cond_frame=False,
                point_inputs=None,
                mask_inputs=None,
                reverse=False,
                run_mem_encoder=True,
            )
            self.state["cached_features"] = {}
            self.remember(position, compact)
            return logits, self.iou

        def remember(self, position: int, output: dict[str, Any]) -> None:
            """Put what a tracked frame gave into the memory, and let go of what is out of reach."""
            held = self.state["output_dict_per_obj"][0]["non_cond_frame_outputs"]
            held[position] = self._remembered(output)
            held.pop(position - self.reach, None)

        def without_holes(self, logits: Tensor) -> Tensor:
            """Fill holes as the library does where its compiled extension is there."""
            return fill_holes_in_mask_scores(logits, self.fill_hole_area) if self.fill_hole_area > 0 else logits

        def upscale(self, logits: Tensor) -> Tensor:
            """Return logits at the size of the masks, ``(1, 1, Y, X)``."""
            full: Tensor = self._get_orig_video_res_output(self.state, logits)[1]
            return full

        def _asked(self, choose: Chooser, logits: Tensor, object_score: Tensor) -> int | None:
            """Let the chooser see the candidates as they would leave the walk, and return what it says."""
            shown = logits.float()
            if self.pred_obj_scores:
                shown = torch.where(object_score[:, None, None] > 0, shown, NO_OBJ_SCORE)
            shown = self.without_holes(shown.transpose(0, 1)).transpose(0, 1)
            masks = (self.upscale(shown) > MASK_THRESHOLD)[0].cpu().numpy()
            return choose(self.position, list(masks))

        def _remembered(self, output: dict[str, Any]) -> dict[str, Any]:
            """Widen the memory where it could not be read back; the values stay those the library rounds to.

            The library keeps memories as bfloat16, which autocast to float16 refuses to join with anything.
            """
            return {**output, "maskmem_features": output["maskmem_features"].float()} if self.widen else output

        def _get_image_feature(self, inference_state: Any, frame_idx: int, batch_size: int) -> Any:  # noqa: ARG002
            features: FrameFeatures = inference_state["cached_features"][frame_idx]
            # The callers use features, the coarse level's positions (the last) and sizes.
            return None, None, list(features.levels), [features.position], list(features.sizes)

        def _track_step(self, *args: Any, **kwargs: Any) -> Any:
            outcome = super()._track_step(*args, **kwargs)
            # Predicted IoU of the candidates; the library chooses the highest and forgets the value.
            self.iou = outcome[1][2].max()
            return outcome

    return Walk


def memory_state(*, n_frames: int, size_yx: tuple[int, int], device: Any) -> dict[str, Any]:
    """Return the library's inference state for a video that was never loaded: the keys of ``init_state``, no pixels."""
    return {
        "images": (),
        "num_frames": n_frames,
        "offload_video_to_cpu": False,
        "offload_state_to_cpu": False,
        "video_height": size_yx[0],
        "video_width": size_yx[1],
        "device": device,
        "storage_device": device,
        "point_inputs_per_obj": {},
        "mask_inputs_per_obj": {},
        "cached_features": {},
        "constants": {},
        "obj_id_to_idx": OrderedDict(),
        "obj_idx_to_id": OrderedDict(),
        "obj_ids": [],
        "output_dict_per_obj": {},
        "temp_output_dict_per_obj": {},
        "frames_tracked_per_obj": {},
    }
