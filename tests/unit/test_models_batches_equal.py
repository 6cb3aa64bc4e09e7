"""Many frames and prompts at once give what one at a time gives, on a CPU in fp32.

Embeddings are equal bit for bit. Logits of prompts decoded together differ in their last bits: a product with one row
takes another kernel than one with several.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bench_cases.contracts import BatchDecoder, BatchEmbedder, Choice, MaskChoice, Previous
from bench_cases.errors import DataError, StrategyError
from bench_cases.models._together import Pixels, packed, to_host
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock
from tests.model_examples import MICRO, SIZES_YX, frame_of, load_example, prompt_of

CHOICES: tuple[MaskChoice | int, ...] = ("single", "confident", "first", 0, 1, 2)
KINDS = ("point", "box", "composite")


@pytest.fixture(scope="module", params=list(product(MICRO, ("random", "shipped"))), ids="-".join)
def segmenter(request: pytest.FixtureRequest) -> Any:
    model = load_example(*request.param)
    assert model is not None
    return model.image


@cache
def frames() -> list[Any]:
    """Four frames of three sizes."""
    return [frame_of(size_yx, seed) for seed, size_yx in enumerate([*SIZES_YX, SIZES_YX[1]])]


def tensors(embedding: Any) -> list[torch.Tensor]:
    return [embedding.features] if hasattr(embedding, "features") else [embedding.coarse, *embedding.fine]


def one_by_one(segmenter: Any) -> list[Any]:
    return [segmenter.embed(frame, clock=Clock()) for frame in frames()]


def shifted(prompt: Prompt, by: int) -> Prompt:
    points = tuple((x + by, y) for x, y in prompt.points_xy)
    box = prompt.box_xyxy
    return Prompt(
        size_yx=prompt.size_yx,
        points_xy=points,
        labels=prompt.labels,
        box_xyxy=None if box is None else (box[0] + by, *box[1:]),
    )


def test_the_adapters_offer_both(segmenter: Any) -> None:
    assert isinstance(segmenter, BatchEmbedder)
    assert isinstance(segmenter, BatchDecoder)


@pytest.mark.parametrize("at_once", [1, 3, 4])
def test_frames_of_several_sizes_encoded_together_give_the_embeddings_of_each_alone(
    segmenter: Any, at_once: int
) -> None:
    pixels = [segmenter.pixels_of(frame) for frame in frames()]
    clock = Clock()
    together = [
        one
        for first in range(0, len(pixels), at_once)
        for one in segmenter.embed_many(pixels[first : first + at_once], clock=clock)
    ]
    assert len(clock.samples_s["embed"]) == len(clock.samples_s["to_device"]) == -(-len(pixels) // at_once)
    for ours, plain, frame in zip(together, one_by_one(segmenter), frames(), strict=True):
        assert ours.size_yx == plain.size_yx == frame.shape[:2]
        assert ours.nbytes == plain.nbytes
        assert all(torch.equal(*pair) for pair in zip(tensors(ours), tensors(plain), strict=True))


@pytest.mark.parametrize("kind", KINDS)
def test_prompts_on_one_and_on_many_frames_decoded_together_give_the_masks_of_each_alone(
    segmenter: Any, kind: str
) -> None:
    clock = Clock()
    embeddings = one_by_one(segmenter)
    embeddings += embeddings[:1] * 2
    prompts = [shifted(prompt_of(kind, one.size_yx), number) for number, one in enumerate(embeddings)]
    alone = [segmenter.decode(*pair, clock=Clock()) for pair in zip(embeddings, prompts, strict=True)]
    together = segmenter.decode_many(embeddings, prompts, clock=clock)
    assert len(clock.samples_s["predict"]) == 1
    for ours, plain in zip(together, alone, strict=True):
        assert ours.embedding is plain.embedding
        assert ours.candidates == plain.candidates
        # Processors add up products of one frame and of many in another order: last bits of the largest logits.
        last_bits = max(1e-5, 2e-6 * float(plain.logits.abs().max()))
        torch.testing.assert_close(ours.logits, plain.logits, atol=last_bits, rtol=0)
        torch.testing.assert_close(ours.iou, plain.iou, atol=1e-5, rtol=0)
    asked = [Choice(one, choice) for one in together for choice in CHOICES]
    masks = segmenter.masks_of(asked, clock=clock)
    assert len(clock.samples_s["to_host"]) == 1
    plain_masks = [segmenter.mask_of(one, choice, clock=Clock()) for one in alone for choice in CHOICES]
    for prediction, expected in zip(masks, plain_masks, strict=True):
        np.testing.assert_array_equal(prediction.mask_yx, expected.mask_yx)
        assert prediction.score == pytest.approx(expected.score, abs=1e-5)
    assert any(prediction.mask_yx.any() for prediction in masks)


def test_a_mask_that_was_decoded_among_others_can_be_refined(segmenter: Any) -> None:
    (embedding, *_) = one_by_one(segmenter)
    prompt = prompt_of("point", embedding.size_yx)
    (first, _) = segmenter.decode_many([embedding] * 2, [prompt, shifted(prompt, 3)], clock=Clock())
    plain = segmenter.decode(embedding, prompt, clock=Clock())
    clicked = prompt.and_point(40, 40, 0)
    refined = [segmenter.decode(embedding, clicked, previous=Previous(it), clock=Clock()) for it in (first, plain)]
    masks = [segmenter.mask_of(it, clock=Clock()).mask_yx for it in refined]
    np.testing.assert_array_equal(*masks)


def test_prompts_of_different_shapes_are_refused(segmenter: Any) -> None:
    (embedding, *_) = one_by_one(segmenter)
    prompts = [prompt_of(kind, embedding.size_yx) for kind in ("box", "composite")]
    expected = "prompts of 0 points and 1 boxes, 3 points and 1 boxes to be decoded together; expected as many of each."
    with pytest.raises(StrategyError, match=expected):
        segmenter.decode_many([embedding] * 2, prompts, clock=Clock())


def test_a_candidate_that_is_not_there_and_pixels_of_others_are_refused(segmenter: Any) -> None:
    (embedding, *_) = one_by_one(segmenter)
    decoded = segmenter.decode_many([embedding], [prompt_of("box", embedding.size_yx)], clock=Clock())
    with pytest.raises(StrategyError, match="candidate 3 was asked for; expected a number from 0 to 2"):
        segmenter.masks_of([Choice(decoded[0], 3)], clock=Clock())
    with pytest.raises(TypeError, match="pixels of type ndarray; expected what pixels_of"):
        segmenter.embed_many(frames(), clock=Clock())
    with pytest.raises(DataError, match=r"a frame of float64 .*expected uint8"):
        segmenter.pixels_of(frames()[0] / 255)


@given(bits=st.lists(st.booleans(), min_size=1, max_size=70))
def test_masks_are_packed_as_numpy_packs_them(bits: list[bool]) -> None:
    np.testing.assert_array_equal(packed(torch.tensor(bits)).numpy(), np.packbits(bits))


def test_masks_on_the_host_are_handed_over_and_pixels_are_pinned_for_cuda_alone() -> None:
    masks = torch.arange(24).reshape(2, 3, 4) % 3 == 0
    np.testing.assert_array_equal(to_host(masks), masks.numpy())
    pixels = Pixels(size_yx=(3, 4), input_yx=(3, 4), tensor=torch.zeros(1, 3, 3, 4))
    assert pixels.pinned("cpu") is pixels
