"""Full-size networks with random weights give what their libraries' own predictors give: a slice, a short video."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from segment_anything import SamPredictor

from bench_cases.models._sam2_image import Sam2Image
from bench_cases.models._sam2_video import Sam2Video
from bench_cases.models._sam_image import SamImage
from bench_cases.timing import Clock
from tests.model_examples import frame_of, load_untrained, prompt_of, with_objects
from tests.unit.test_models_sam2_image_equal import image_predictor
from tests.unit.test_models_sam2_video_equal import jpeg, library

pytestmark = pytest.mark.slow

SIZE_YX = (200, 320)
SAM = ("vit_b", "vit_l", "vit_h")
SAM2 = tuple(f"{family}_{size}" for family in ("sam2", "sam2.1") for size in ("tiny", "small", "base_plus", "large"))


@pytest.mark.parametrize("arch", SAM)
def test_a_slice_under_sam_equals_the_library(arch: str) -> None:
    image = load_untrained(arch).image
    assert isinstance(image, SamImage)
    frame, prompt, clock = frame_of(SIZE_YX), prompt_of("composite", SIZE_YX), Clock()
    predictor = SamPredictor(image.module)
    predictor.set_image(frame)
    masks, iou, _ = predictor.predict(
        np.array(prompt.points_xy), np.array(prompt.labels), np.array(prompt.box_xyxy), multimask_output=False
    )
    ours = image.predict(image.embed(frame, clock=clock), prompt, clock=clock)
    np.testing.assert_array_equal(ours.mask_yx, masks[0])
    assert ours.score == pytest.approx(float(iou[0]), abs=1e-5)


@pytest.mark.parametrize(("arch", "side"), [*((arch, 1024) for arch in SAM2), ("medsam2", 512)])
def test_a_slice_and_a_video_under_sam_2_equal_the_library(arch: str, side: int, tmp_path: Path) -> None:
    model = with_objects(load_untrained(arch))
    image, video = model.image, model.video
    assert isinstance(image, Sam2Image)
    assert isinstance(video, Sam2Video)
    assert model.settings["image_size"] == side
    frames = [jpeg(frame_of(SIZE_YX, seed), tmp_path / f"{seed:05d}.jpg") for seed in range(2)]
    prompt, clock = prompt_of("composite", SIZE_YX), Clock()
    predictor = image_predictor(image.module)
    predictor.set_image(frames[0])
    masks, iou, _ = predictor.predict(
        np.array(prompt.points_xy), np.array(prompt.labels), np.array(prompt.box_xyxy), multimask_output=False
    )
    ours = image.predict(image.embed(frames[0], clock=clock), prompt, clock=clock)
    np.testing.assert_array_equal(ours.mask_yx, masks[0].astype(bool))
    assert ours.score == pytest.approx(float(iou[0]), abs=1e-5)

    theirs = library(video.module, str(tmp_path), {0: prompt})
    encoded = [video.encode(frame, clock=clock) for frame in frames]
    walked = video.propagate(encoded, {0: prompt}, size_yx=SIZE_YX, clock=clock)
    for prediction, his in zip(walked, theirs, strict=True):
        np.testing.assert_array_equal(prediction.mask_yx, (his > 0).numpy())
