"""SAM 2's adapter gives, in image mode, masks, scores and logits of the library's own predictor on the same pixels."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import torch
from sam2.sam2_image_predictor import SAM2ImagePredictor

from bench_cases.contracts import MaskChoice
from bench_cases.models._choose import AllMasks, choose
from bench_cases.models._sam2_image import LOGIT_BOUND, Sam2Image
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock
from tests.model_examples import SIZES_YX, frame_of, load_example, prompt_of


@pytest.fixture(scope="module", params=["random", "shipped"])
def segmenter(request: pytest.FixtureRequest) -> Sam2Image:
    model = load_example("sam2_micro", request.param)
    if model is None:
        pytest.skip("the package ships no sam2_micro weights yet")
    assert isinstance(model.image, Sam2Image)
    return model.image


@pytest.fixture(scope="module")
def predictor(segmenter: Sam2Image) -> Any:
    return image_predictor(segmenter.module)


def image_predictor(module: Any) -> Any:
    """The library's own, at any image size."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated")  # its category changes with torch
        predictor = SAM2ImagePredictor(module)
    # The library fixes these to a model of 1024 pixels; the levels of the pyramid follow from the size.
    predictor._bb_feat_sizes = [(module.image_size // stride,) * 2 for stride in (4, 8, 16)]
    return predictor


def library(predictor: Any, prompt: Prompt, *, multimask: bool) -> tuple[Any, Any, Any]:
    masks, iou, logits = predictor.predict(
        point_coords=np.array(prompt.points_xy) if prompt.points_xy else None,
        point_labels=np.array(prompt.labels) if prompt.points_xy else None,
        box=None if prompt.box_xyxy is None else np.array(prompt.box_xyxy),
        multimask_output=multimask,
    )
    return masks.astype(bool), iou, torch.from_numpy(logits)


@pytest.mark.parametrize("kind", ["point", "box", "composite"])
@pytest.mark.parametrize("size_yx", SIZES_YX, ids=str)
def test_masks_scores_and_logits_equal_sam_2_image_predictor(
    segmenter: Sam2Image, predictor: Any, size_yx: tuple[int, int], kind: str
) -> None:
    frame, prompt, clock = frame_of(size_yx), prompt_of(kind, size_yx), Clock()
    predictor.set_image(frame)
    embedding = segmenter.embed(frame, clock=clock)
    np.testing.assert_allclose(embedding.coarse, predictor._features["image_embed"], rtol=0, atol=1e-5)

    decoded = segmenter.decode(embedding, prompt, clock=clock)
    assert isinstance(decoded, AllMasks)
    masks, iou, logits = library(predictor, prompt, multimask=False)
    ours, _ = choose(decoded, "single", segmenter._single)
    torch.testing.assert_close(ours[0].clamp(-LOGIT_BOUND, LOGIT_BOUND), logits, rtol=0, atol=1e-5)
    single = segmenter.predict(embedding, prompt, clock=clock)
    assert single.mask_yx.any()
    np.testing.assert_array_equal(single.mask_yx, masks[0])
    assert single.score == pytest.approx(float(iou[0]), abs=1e-6)

    masks, iou, logits = library(predictor, prompt, multimask=True)
    torch.testing.assert_close(decoded.logits[0, 1:].clamp(-LOGIT_BOUND, LOGIT_BOUND), logits, rtol=0, atol=1e-5)
    choices: dict[MaskChoice, int] = {"confident": int(np.argmax(iou)), "first": 0}
    for choice, index in choices.items():
        one = segmenter.predict(embedding, prompt, choice=choice, clock=clock)
        np.testing.assert_array_equal(one.mask_yx, masks[index])
        assert one.score == pytest.approx(float(iou[index]), abs=1e-6)
