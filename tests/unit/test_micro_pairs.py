"""One embedding gives one mask wherever it lies: prompts and masks move with it, and the encoder's output may."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from bench_cases.models.micro.architectures import SAM_MICRO_WEIGHTS, build_sam_micro
from bench_cases.models.micro.cache import PhantomCache, TrainingVolume
from bench_cases.models.micro.crops import unlikeness as unlikeness_of_embeddings
from bench_cases.models.micro.decoding import sam_decode
from bench_cases.models.micro.focus import PLACES
from bench_cases.models.micro.frames import Frames
from bench_cases.models.micro.pairs import draw_rows, lower, pair_step, unlikeness
from bench_cases.models.micro.poses import SAM_CANVAS, TOKEN
from bench_cases.models.micro.prompt_rules import composite
from bench_cases.models.micro.quick_encoder import encode
from bench_cases.models.micro.train_image import pixels_tensor
from bench_cases.models.micro.weights import load_weights
from bench_cases.phantoms import TRAINING_SEEDS, Organ, generate

SIDE = SAM_CANVAS.side


def framed(pixels: np.ndarray, *, body: tuple[int, int], height: int = SIDE) -> Frames:
    return Frames(
        pixels_nyx=pixels.astype(np.float32)[None],
        organs_nyx=np.zeros((1, SIDE, SIDE), np.uint8),
        size_yx=(height, SIDE),
        body_rows=body,
        body_columns=(0, SIDE),
    )


@pytest.fixture(scope="module")
def phantom() -> TrainingVolume:
    made = generate(TRAINING_SEEDS[0], shape_zyx=(20, 128, 128))
    return TrainingVolume(image_zyx=made.image_zyx, tissues_zyx=made.tissues_zyx)


@pytest.mark.parametrize("down", [-20, 0, 36])
def test_a_prompt_lies_lower_with_its_mask(down: int) -> None:
    mask = np.zeros((96, 96), bool)
    mask[30:52, 40:71] = True
    moved, prompt = composite([np.roll(mask, down, 0)]), lower(composite([mask]), down)
    assert np.array_equal(prompt.points_xy, moved.points_xy)
    assert prompt.box_xyxy is not None
    assert moved.box_xyxy is not None
    assert np.array_equal(prompt.box_xyxy, moved.box_xyxy)
    assert np.array_equal(prompt.labels, moved.labels)


def test_a_prompt_without_a_box_gets_none() -> None:
    assert lower(replace(composite([np.ones((4, 4), bool)]), box_xyxy=None), 8).box_xyxy is None


def test_a_body_moves_by_whole_tokens_within_its_frame_and_half_of_them_to_the_top() -> None:
    rng, air = np.random.default_rng(0), np.zeros((SIDE, SIDE))
    rows = [draw_rows(framed(air, body=(50, 300)), rng) for _ in range(4000)]
    assert (min(rows), max(rows)) == (-3, 5)
    assert np.mean(np.array(rows) == -3) == pytest.approx(0.5 + 0.5 / 9, abs=0.03)
    assert {draw_rows(framed(air, body=(50, 200), height=240), rng) for _ in range(20)} == {0}


def test_masks_that_agree_differ_by_nothing_and_those_apart_by_all() -> None:
    one = torch.zeros(2, 8, 8)
    one[0, 1:3, 1:5] = 1
    one[1, 4:6, :] = 1
    assert unlikeness(one, one).tolist() == [0, 0]
    assert unlikeness(one, one.roll(4, 1)).tolist() == [1, 1]


def test_what_the_encoder_makes_of_a_moved_body_is_what_it_made_of_it_moved(phantom: TrainingVolume) -> None:
    model = load_weights(build_sam_micro(), SAM_MICRO_WEIGHTS)
    grey = np.clip((phantom.image_zyx[12].astype(float) + 1400) / 1500, 0, 1) * 255
    pixels = np.full((SIDE, SIDE), np.floor(grey.min()))
    pixels[64:320, 64:320] = np.floor(grey).repeat(2, 0).repeat(2, 1)
    up = 2
    moved = np.roll(pixels, -up * TOKEN, 0)
    with torch.no_grad():
        here, there = encode(
            model.image_encoder, pixels_tensor([framed(it, body=(64, 320)) for it in (pixels, moved)]), bf16=False
        )
    rows = SIDE // TOKEN
    assert float(unlikeness_of_embeddings(there[None], here[None], [(up, rows - up)])) < 0.1


def test_a_step_asks_each_prompt_in_two_places(phantom: TrainingVolume, monkeypatch: pytest.MonkeyPatch) -> None:
    from bench_cases.models.micro import pairs
    from bench_cases.phantoms._tissues import organs_of

    asked = []

    def watched(model: object, embeddings: torch.Tensor, images: list[int], prompts: list[object]) -> object:
        asked.append((len(embeddings), images, len(prompts)))
        return decode(model, embeddings, images, prompts)  # type: ignore[arg-type]

    decode = sam_decode
    monkeypatch.setattr(pairs, "sam_decode", watched)
    areas = [[np.bincount(s.ravel(), minlength=len(Organ)) for s in organs_of(np.asarray(phantom.tissues_zyx))]]
    cache = PhantomCache(volumes=(phantom,), areas_vzo=np.array(areas, np.int32))
    model = load_weights(build_sam_micro(), SAM_MICRO_WEIGHTS)
    model.image_encoder.requires_grad_(requires_grad=False)
    rng = np.random.default_rng(1)
    result = pair_step(model, cache, rng, slices=2, prompts_each=2, focus=PLACES["sam"])
    result.loss.backward()  # type: ignore[no-untyped-call]
    assert asked == [(4, [0, 0, 1, 1, 2, 2, 3, 3], 8)]
    assert 0.5 < result.dice <= 1
    assert any(p.grad is not None and p.grad.any() for p in model.mask_decoder.parameters())
