"""One embedding gives one mask wherever it lies: prompts and masks move with it, and the encoder's output may."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from bench_cases.models.micro.architectures import SAM_MICRO_WEIGHTS, build_sam_micro
from bench_cases.models.micro.cache import PhantomCache, TrainingVolume
from bench_cases.models.micro.crops import load_teacher
from bench_cases.models.micro.decoding import sam_decode
from bench_cases.models.micro.focus import PLACES
from bench_cases.models.micro.frames import Frames
from bench_cases.models.micro.pairs import LEAST_CELLS, STAY, TOP, draw_rows, lower, pair_step, unlikeness
from bench_cases.models.micro.poses import SAM_CANVAS, TOKEN
from bench_cases.models.micro.prompt_rules import TrainingPrompt, composite
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


def test_a_body_moves_by_whole_tokens_within_its_frame_and_most_go_to_the_top() -> None:
    rng, air = np.random.default_rng(0), np.zeros((SIDE, SIDE))
    rows = np.array([draw_rows(framed(air, body=(50, 300)), rng) for _ in range(4000)])
    assert (rows.min(), rows.max()) == (-3, 5)
    anywhere = (1 - TOP - STAY) / 9
    assert np.mean(rows == -3) == pytest.approx(TOP + anywhere, abs=0.03)
    assert np.mean(rows == 0) == pytest.approx(STAY + anywhere, abs=0.03)
    assert {draw_rows(framed(air, body=(50, 200), height=240), rng) for _ in range(20)} == {0}


def test_masks_that_agree_differ_by_nothing_and_those_apart_by_all() -> None:
    one = torch.zeros(2, 8, 8)
    one[0, 1:3, 1:5] = 1
    one[1, 4:6, :] = 1
    assert unlikeness(one, one).tolist() == [0, 0]
    assert unlikeness(one, one.roll(4, 1)).tolist() == [1, 1]


def test_a_cell_painted_where_nothing_is_wanted_counts_as_one_of_a_few() -> None:
    painted = torch.zeros(1, 8, 8)
    painted[0, 0, 0] = 1
    assert float(unlikeness(painted, torch.zeros(1, 8, 8))) == 1 / LEAST_CELLS


@pytest.fixture
def cache(phantom: TrainingVolume) -> PhantomCache:
    from bench_cases.phantoms._tissues import organs_of

    areas = [[np.bincount(s.ravel(), minlength=len(Organ)) for s in organs_of(np.asarray(phantom.tissues_zyx))]]
    return PhantomCache(volumes=(phantom,), areas_vzo=np.array(areas, np.int32))


def test_a_step_asks_the_teacher_where_a_body_was_drawn_and_the_model_where_it_moved(
    cache: PhantomCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench_cases.models.micro import pairs

    asked = []

    def watched(model: object, embeddings: torch.Tensor, images: list[int], prompts: list[TrainingPrompt]) -> object:
        asked.append((model, len(embeddings), images, [prompt.points_xy for prompt in prompts]))
        return sam_decode(model, embeddings, images, prompts)

    monkeypatch.setattr(pairs, "sam_decode", watched)
    monkeypatch.setattr(pairs, "draw_rows", lambda *_: -1)
    model, teacher = load_weights(build_sam_micro(), SAM_MICRO_WEIGHTS), load_teacher(SAM_MICRO_WEIGHTS)
    model.image_encoder.requires_grad_(requires_grad=False)
    rng = np.random.default_rng(1)
    result = pair_step(model, teacher, cache, rng, slices=2, prompts_each=2, focus=PLACES["sam"])
    result.loss.backward()  # type: ignore[no-untyped-call]
    (first, frames, images, here), (second, moved, each, there) = asked
    assert (first, frames, images) == (teacher, 2, [0, 0, 1, 1])
    assert (second, moved, each) == (model, 4, [0, 1, 2, 3])
    assert all(np.array_equal(up, own - [0, TOKEN]) for own, up in zip(here, there, strict=True))
    assert 0.5 < result.dice <= 1
    assert any(p.grad is not None and p.grad.any() for p in model.mask_decoder.parameters())
    assert all(p.grad is None for p in teacher.parameters())


def test_a_model_that_is_its_teacher_has_nothing_to_learn_from_a_body_that_stays(
    cache: PhantomCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bench_cases.models.micro import pairs

    model, teacher = load_weights(build_sam_micro(), SAM_MICRO_WEIGHTS), load_teacher(SAM_MICRO_WEIGHTS)
    monkeypatch.setattr(pairs, "draw_rows", lambda *_: 0)

    def loss(weight: float) -> float:
        monkeypatch.setattr(pairs, "LIKENESS", weight)
        rng = np.random.default_rng(1)
        return float(pair_step(model, teacher, cache, rng, slices=2, prompts_each=2, focus=PLACES["sam"]).loss.detach())

    assert loss(1000.0) == pytest.approx(loss(0.0), abs=1e-3)
