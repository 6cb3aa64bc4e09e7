"""At every image size in use, SAM 2's adapter gives what the library's own predictors give, in both modes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from bench_cases.contracts import LoadedModel, LoadOptions
from bench_cases.models._sam2_image import Sam2Image
from bench_cases.models._sam2_video import Sam2Video
from bench_cases.models.loading import load_model
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock
from tests.model_examples import frame_of, prompt_of, untrained, with_objects
from tests.unit.test_models_sam2_image_equal import image_predictor
from tests.unit.test_models_sam2_video_equal import SIZE_YX, encode, folder_of, jpeg, library, walk_logits

IMAGE_SIZES = (128, 256, 512)
MIDDLE, N_FRAMES = 1, 3


def mask_prompt() -> Prompt:
    mask = np.zeros(SIZE_YX, bool)
    mask[40:120, 30:100] = True
    return Prompt(size_yx=SIZE_YX, mask_yx=mask)


PROMPTS = {"composite": prompt_of("composite", SIZE_YX), "mask": mask_prompt()}


@pytest.fixture(scope="module", params=IMAGE_SIZES)
def model(request: pytest.FixtureRequest) -> LoadedModel:
    wanted = replace(untrained("sam2_micro"), options=LoadOptions(image_size=request.param))
    model = with_objects(load_model(wanted, device="cpu"))
    assert model.settings["image_size"] == request.param
    return model


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[NDArray[np.uint8]]:
    folder = tmp_path_factory.mktemp("jpeg")
    return [jpeg(frame_of(SIZE_YX, seed), folder / f"{seed}.jpg") for seed in range(N_FRAMES)]


def test_image_mode_at_this_size_equals_the_library(model: LoadedModel, frames: list[NDArray[np.uint8]]) -> None:
    image, clock = model.image, Clock()
    assert isinstance(image, Sam2Image)
    predictor: Any = image_predictor(image.module)
    predictor.set_image(frames[0])
    embedding = image.embed(frames[0], clock=clock)
    torch.testing.assert_close(embedding.coarse, predictor._features["image_embed"], rtol=0, atol=1e-5)
    for kind in ("point", "box", "composite"):
        prompt = prompt_of(kind, SIZE_YX)
        masks, iou, low = predictor.predict(
            point_coords=np.array(prompt.points_xy) if prompt.points_xy else None,
            point_labels=np.array(prompt.labels) if prompt.points_xy else None,
            box=None if prompt.box_xyxy is None else np.array(prompt.box_xyxy),
            multimask_output=True,
        )
        decoded = image.decode(embedding, prompt, clock=clock)
        # The library clamps what it hands out for a next round; the adapter does so when it is handed in again.
        torch.testing.assert_close(decoded.logits[0, 1:].clamp(-32, 32), torch.from_numpy(low), rtol=0, atol=1e-5)
        for candidate in range(3):
            ours = image.mask_of(decoded, candidate, clock=clock)
            np.testing.assert_array_equal(ours.mask_yx, masks[candidate].astype(bool))
            assert ours.score == pytest.approx(float(iou[candidate]), abs=1e-6)


@pytest.mark.parametrize("kind", PROMPTS)
@pytest.mark.parametrize("direction", ["backward", "forward"])
def test_video_mode_at_this_size_equals_the_library(
    model: LoadedModel, frames: list[NDArray[np.uint8]], direction: str, kind: str, tmp_path: Path
) -> None:
    video = model.video
    assert isinstance(video, Sam2Video)
    order = list(range(MIDDLE, -1, -1) if direction == "backward" else range(MIDDLE, N_FRAMES))
    prompt = PROMPTS[kind]
    theirs = library(video.module, folder_of(order, tmp_path), {0: prompt})
    encoded = encode(video, [frames[seed] for seed in order])
    for mine, his in zip(walk_logits(video, encoded, prompt), theirs, strict=True):
        torch.testing.assert_close(mine, his, rtol=0, atol=1e-5)
    predictions = list(video.propagate(encoded, {0: prompt}, size_yx=SIZE_YX, clock=Clock()))
    assert predictions[1].mask_yx.any()
    for prediction, his in zip(predictions, theirs, strict=True):
        np.testing.assert_array_equal(prediction.mask_yx, (his > 0).numpy())
