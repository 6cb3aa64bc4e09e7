"""Full-size relatives of SAM and SAM 2, with random weights, give what their libraries or authors' steps give."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
import torch

from bench_cases.contracts import LoadedModel
from bench_cases.models._choose import AllMasks
from bench_cases.models._medsam import MedSamImage
from bench_cases.timing import Clock
from tests.model_examples import frame_of, load_untrained, prompt_of
from tests.unit.test_models_medsam import published
from tests.unit.test_models_transformers import library as library_image
from tests.unit.test_models_transformers import walk_equals_the_library

pytestmark = pytest.mark.slow

os.environ.setdefault("HF_HUB_OFFLINE", "1")

SIZE_YX = (200, 320)
IMAGE = {"Sam": "SamProcessor", "SamHQ": "SamHQProcessor", "Sam2": "Sam2Processor"}
VIDEO = {
    "Sam2Video": "Sam2VideoProcessor",
    "EdgeTamVideo": "Sam2VideoProcessor",
    "Sam3TrackerVideo": "Sam3TrackerVideoProcessor",
}
"""Architecture to what the library prepares its input with."""


def test_a_slice_under_medsam_equals_its_published_steps() -> None:
    image = load_untrained("medsam").image
    assert isinstance(image, MedSamImage)
    frame, prompt, clock = frame_of(SIZE_YX), prompt_of("box", SIZE_YX), Clock()
    logits, mask_yx = published(image.module, frame, prompt.box_xyxy)
    decoded = image.decode(image.embed(frame, clock=clock), prompt, clock=clock)
    assert isinstance(decoded, AllMasks)
    torch.testing.assert_close(decoded.logits[:, :1], logits, rtol=0, atol=1e-5)
    np.testing.assert_array_equal(image.mask_of(decoded, clock=clock).mask_yx, mask_yx)


def untrained(arch: str) -> LoadedModel:
    """Return a network of the library's default size, its decoder stirred: near nought all pixels have one sign."""
    model = load_untrained(arch)
    torch.manual_seed(0)
    decoder = model.image.module.mask_decoder  # type: ignore[union-attr]
    for value in decoder.parameters():
        if value.ndim > 1:
            torch.nn.init.normal_(value, std=0.3)
    if hasattr(decoder, "pred_obj_score_head"):
        torch.nn.init.constant_(decoder.pred_obj_score_head.proj_out.bias, 1000.0)
    return model


@pytest.mark.parametrize("arch", IMAGE)
def test_a_slice_under_transformers_equals_the_librarys_own_pipeline(arch: str) -> None:
    import transformers

    image: Any = untrained(arch).image
    frame, prompt, clock = frame_of(SIZE_YX), prompt_of("composite", SIZE_YX), Clock()
    processor = getattr(transformers, IMAGE[arch])(image_processor=image.processor)
    logits, iou = library_image(processor, image.module, frame, prompt, multimask=False)
    ours = image.predict(image.embed(frame, clock=clock), prompt, clock=clock)
    assert 0 < ours.mask_yx.mean() < 1
    np.testing.assert_array_equal(ours.mask_yx, (logits[0] > 0).numpy())
    assert ours.score == pytest.approx(float(iou[0]), abs=1e-5)


@pytest.mark.parametrize("arch", VIDEO)
def test_a_walk_under_transformers_equals_the_librarys_own(arch: str) -> None:
    import transformers

    model: Any = untrained(arch)
    processor = getattr(transformers, VIDEO[arch])(
        image_processor=model.image.processor, video_processor=model.video.processor
    )
    frames = [frame_of(SIZE_YX, seed) for seed in range(2)]
    predictions = walk_equals_the_library(model, processor, frames, {0: prompt_of("composite", SIZE_YX)})
    assert all(0 < it.mask_yx.mean() < 1 for it in predictions)
