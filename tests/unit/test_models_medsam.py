"""MedSAM equals its published steps, written down again from ``MedSAM_Inference.py`` with the libraries it uses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from skimage import transform

from bench_cases.contracts import ImageSegmenter, Previous
from bench_cases.errors import StrategyError
from bench_cases.models._medsam import MedSamImage, medsam_pixels
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock
from tests.model_examples import frame_of, load_untrained, prompt_of

SIZES_YX = ((256, 256), (160, 256), (700, 400))


@pytest.fixture(scope="module")
def segmenter() -> MedSamImage:
    # The steps on a network of 2 million weights: MedSAM's own has 94.
    module = load_untrained("sam_micro").image.module  # type: ignore[union-attr]
    return MedSamImage(module=module, device="cpu", precision="fp32")


def published_pixels(frame: NDArray[np.uint8], side: int) -> NDArray[np.float64]:
    resized = transform.resize(frame, (side, side), order=3, preserve_range=True, anti_aliasing=True).astype(np.uint8)
    low, high = resized.min(), resized.max()
    stretched: NDArray[np.float64] = (resized - low) / np.clip(high - low, a_min=1e-8, a_max=None)
    return stretched


def published(module: Any, frame: NDArray[np.uint8], box: Any) -> tuple[Any, Any]:
    side = module.image_encoder.img_size
    height, width = frame.shape[:2]
    pixels = torch.tensor(published_pixels(frame, side)).float().permute(2, 0, 1).unsqueeze(0)
    with torch.no_grad():
        embedding = module.image_encoder(pixels)
        scaled = np.array([box]) / np.array([width, height, width, height]) * side
        boxes = torch.as_tensor(scaled, dtype=torch.float)[:, None, :]
        sparse, dense = module.prompt_encoder(points=None, boxes=boxes, masks=None)
        logits, _ = module.mask_decoder(
            image_embeddings=embedding,
            image_pe=module.prompt_encoder.get_dense_pe(),
            sparse_prompt_embeddings=sparse,
            dense_prompt_embeddings=dense,
            multimask_output=False,
        )
        full = torch.nn.functional.interpolate(
            torch.sigmoid(logits), size=(height, width), mode="bilinear", align_corners=False
        )
    return logits, full.squeeze().numpy() > 0.5


@pytest.mark.parametrize("size_yx", SIZES_YX, ids=str)
def test_masks_and_logits_equal_the_published_steps(segmenter: MedSamImage, size_yx: tuple[int, int]) -> None:
    frame, prompt = frame_of(size_yx), prompt_of("box", size_yx)
    logits, mask = published(segmenter.module, frame, prompt.box_xyxy)
    embedding = segmenter.embed(frame, clock=Clock())
    decoded = segmenter.decode(embedding, prompt, clock=Clock())
    torch.testing.assert_close(decoded.logits[:, :1], logits, rtol=0, atol=1e-5)
    prediction = segmenter.mask_of(decoded, "single", clock=Clock())
    assert mask.any()
    np.testing.assert_array_equal(prediction.mask_yx, mask)
    assert isinstance(segmenter, ImageSegmenter)


def test_frames_of_several_sizes_encoded_together_give_the_embeddings_of_each_alone(segmenter: MedSamImage) -> None:
    frames = [frame_of(size_yx, seed) for seed, size_yx in enumerate(SIZES_YX)]
    together = segmenter.embed_many([segmenter.pixels_of(frame) for frame in frames], clock=Clock())
    for ours, frame in zip(together, frames, strict=True):
        alone = segmenter.embed(frame, clock=Clock())
        assert ours.size_yx == alone.size_yx == frame.shape[:2]
        assert torch.equal(ours.features, alone.features)


@pytest.mark.parametrize("size_yx", [(160, 256), (512, 512), (1500, 1100)], ids=str)
def test_pixels_equal_those_of_scikit_image_upwards_and_downwards(size_yx: tuple[int, int]) -> None:
    frame = frame_of(size_yx)
    np.testing.assert_array_equal(medsam_pixels(frame, 256), published_pixels(frame, 256))


def test_a_constant_frame_gives_zeros() -> None:
    assert not medsam_pixels(np.full((8, 8, 3), 9, np.uint8), 16).any()


def test_all_but_a_box_is_refused(segmenter: MedSamImage) -> None:
    size_yx = SIZES_YX[1]
    embedding, box = segmenter.embed(frame_of(size_yx), clock=Clock()), prompt_of("box", size_yx)
    for kind, what in (("point", "1 points and 0 boxes"), ("composite", "3 points and 1 boxes")):
        with pytest.raises(StrategyError, match=f"a prompt of {what} was given to MedSAM; expected a box alone"):
            segmenter.predict(embedding, prompt_of(kind, size_yx), clock=Clock())
    earlier = Previous(segmenter.decode(embedding, box, clock=Clock()), "single")
    with pytest.raises(StrategyError, match="0 points and 1 boxes and an earlier mask was given to MedSAM"):
        segmenter.decode(embedding, box, previous=earlier, clock=Clock())
    mask = Prompt(size_yx=size_yx, mask_yx=np.ones(size_yx, bool))
    with pytest.raises(StrategyError, match="a mask prompt in image mode"):
        segmenter.predict(embedding, mask, clock=Clock())
