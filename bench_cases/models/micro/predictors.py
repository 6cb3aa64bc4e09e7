"""The libraries' own predictors on a volume, as the scores of the model cards use them."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.models.micro.prompt_rules import TrainingPrompt
from bench_cases.models.micro.train_image import PIXEL_MEAN, PIXEL_STD

Mask = NDArray[np.bool_]
Grey = NDArray[np.uint8]


def image_predictor(model: Any, name: str) -> Any:
    """Wrap a model, ``"sam"`` or ``"sam2"``, in its library's image predictor."""
    if name == "sam":
        from segment_anything import SamPredictor

        return SamPredictor(model)
    from sam2.sam2_image_predictor import SAM2ImagePredictor

    with warnings.catch_warnings():
        # The library scripts its transforms; newer torch versions deprecate that.
        warnings.filterwarnings("ignore", message=".*torch.jit.*")  # its category changes with torch
        predictor = SAM2ImagePredictor(model)
    side = model.image_size
    # The library fixes these for 1024 pixels.
    predictor._bb_feat_sizes = [(side // k, side // k) for k in (4, 8, 16)]  # noqa: SLF001
    return predictor


def segment_slice(predictor: Any, prompt: TrainingPrompt) -> Mask:
    """Predict the single mask of one prompt on the image that is set."""
    points = len(prompt.labels) > 0
    masks, _, _ = predictor.predict(
        point_coords=prompt.points_xy if points else None,
        point_labels=prompt.labels if points else None,
        box=prompt.box_xyxy,
        multimask_output=False,
    )
    out: Mask = masks[0] > 0
    return out


def set_slice(predictor: Any, grey_yx: Grey) -> None:
    """Embed one grey slice."""
    predictor.set_image(np.repeat(grey_yx[..., None], 3, axis=2))


def propagate(model: Any, frames: list[Grey], prompt: TrainingPrompt) -> list[Mask]:
    """Prompt the first frame of a video and track forward; frames have the size of the first after it."""
    import torch
    from PIL import Image

    size = (model.image_size, model.image_size)
    mean, std = np.array(PIXEL_MEAN, np.float32), np.array(PIXEL_STD, np.float32)
    stack = [(np.asarray(Image.fromarray(f).convert("RGB").resize(size)) / 255 - mean) / std for f in frames]
    images = torch.from_numpy(np.stack(stack).astype(np.float32)).permute(0, 3, 1, 2)
    height, width = frames[-1].shape
    # Prompts are in pixels of the seed frame, which may come from a frame of another size.
    scale = np.array([width / frames[0].shape[1], height / frames[0].shape[0]], np.float32)
    # The library's progress bar of each half video is noise here.
    quiet = redirect_stderr(io.StringIO())
    with torch.inference_mode(), quiet, _frames_from_memory(images, height, width):
        state = model.init_state("unused")
        box = None if prompt.box_xyxy is None else prompt.box_xyxy * np.tile(scale, 2)
        points = prompt.points_xy * scale if len(prompt.labels) else None
        labels = prompt.labels if len(prompt.labels) else None
        model.add_new_points_or_box(state, frame_idx=0, obj_id=1, points=points, labels=labels, box=box)
        return [(logits[0, 0] > 0).numpy() for _, _, logits in model.propagate_in_video(state)]


@contextmanager
def _frames_from_memory(images: Any, height: int, width: int) -> Iterator[None]:
    """Hand the library frames from memory where it would read a folder of JPEG files."""
    import sam2.sam2_video_predictor as library

    original = library.load_video_frames
    library.load_video_frames = lambda **_: (images, height, width)
    try:
        yield
    finally:
        library.load_video_frames = original
