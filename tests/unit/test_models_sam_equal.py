"""SAM's adapter gives the masks, scores and logits of the library's own predictor on the same pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from segment_anything import SamPredictor

from bench_cases.contracts import MaskChoice
from bench_cases.models._choose import AllMasks
from bench_cases.models._sam_image import SamImage
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock
from tests.model_examples import SIZES_YX, frame_of, load_example, prompt_of


@pytest.fixture(scope="module", params=["random", "shipped"])
def segmenter(request: pytest.FixtureRequest) -> SamImage:
    model = load_example("sam_micro", request.param)
    if model is None:
        pytest.skip("the package ships no sam_micro weights yet")
    assert isinstance(model.image, SamImage)
    return model.image


def library(segmenter: SamImage, frame: Any, prompt: Prompt, *, multimask: bool) -> tuple[Any, Any, Any]:
    predictor = SamPredictor(segmenter.module)
    predictor.set_image(frame)
    masks, iou, logits = predictor.predict(
        point_coords=np.array(prompt.points_xy) if prompt.points_xy else None,
        point_labels=np.array(prompt.labels) if prompt.points_xy else None,
        box=None if prompt.box_xyxy is None else np.array(prompt.box_xyxy),
        multimask_output=multimask,
    )
    return masks, iou, torch.from_numpy(logits)


@pytest.mark.parametrize("kind", ["point", "box", "composite"])
@pytest.mark.parametrize("size_yx", SIZES_YX, ids=str)
def test_masks_scores_and_logits_equal_sam_predictor(segmenter: SamImage, size_yx: tuple[int, int], kind: str) -> None:
    frame, prompt, clock = frame_of(size_yx), prompt_of(kind, size_yx), Clock()
    embedding = segmenter.embed(frame, clock=clock)
    decoded = segmenter.decode(embedding, prompt, clock=clock)
    assert isinstance(decoded, AllMasks)
    masks, iou, logits = library(segmenter, frame, prompt, multimask=False)
    torch.testing.assert_close(decoded.logits[0, :1], logits, rtol=0, atol=1e-5)
    single = segmenter.predict(embedding, prompt, clock=clock)
    assert single.mask_yx.any()
    np.testing.assert_array_equal(single.mask_yx, masks[0])
    assert single.score == pytest.approx(float(iou[0]), abs=1e-6)

    masks, iou, logits = library(segmenter, frame, prompt, multimask=True)
    torch.testing.assert_close(decoded.logits[0, 1:], logits, rtol=0, atol=1e-5)
    choices: dict[MaskChoice, int] = {"confident": int(np.argmax(iou)), "first": 0}
    for choice, index in choices.items():
        ours = segmenter.predict(embedding, prompt, choice=choice, clock=clock)
        np.testing.assert_array_equal(ours.mask_yx, masks[index])
        assert ours.score == pytest.approx(float(iou[index]), abs=1e-6)
