"""Every adapter keeps the contract: embeddings are values, equal inputs give equal masks, stages are timed apart."""

from __future__ import annotations

import dataclasses
import json
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from bench_cases.contracts import (
    Embedding,
    ImageSegmenter,
    LoadedModel,
    MaskChoice,
    Prediction,
    Previous,
    VideoSegmenter,
)
from bench_cases.errors import DataError, StrategyError
from bench_cases.models.backends import backend_of, backends
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock
from tests.model_examples import MICRO, SIZES_YX, frame_of, load_untrained, prompt_of, with_objects

SIZE_YX = (160, 256)
IMAGE_SIZES = {"sam_micro": 384, "sam2_micro": 256}
CHOICES: tuple[MaskChoice, ...] = ("single", "confident", "first")


@cache
def load(arch: str) -> LoadedModel:
    return with_objects(load_untrained(arch))


@pytest.fixture(params=MICRO)
def model(request: pytest.FixtureRequest) -> LoadedModel:
    return load(request.param)


@pytest.fixture
def image(model: LoadedModel) -> ImageSegmenter:
    assert isinstance(model.image, ImageSegmenter)
    return model.image


@pytest.fixture(scope="module", params=[arch for arch in MICRO if "video" in backend_of(arch).modes(arch)])
def video_model(request: pytest.FixtureRequest) -> LoadedModel:
    return load(request.param)


@pytest.fixture(scope="module")
def video(video_model: LoadedModel) -> VideoSegmenter:
    assert isinstance(video_model.video, VideoSegmenter)
    return video_model.video


@pytest.fixture(scope="module")
def encoded(video: VideoSegmenter) -> list[Embedding]:
    return [video.encode(frame_of(SIZE_YX, seed), clock=Clock()) for seed in range(3)]


def tensors_of(embedding: Embedding) -> list[torch.Tensor]:
    found: list[torch.Tensor] = []
    for field in dataclasses.fields(embedding):  # type: ignore[arg-type]
        value = getattr(embedding, field.name)
        found += [item for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, torch.Tensor)]
    return found


def equal(one: Prediction, other: Prediction) -> bool:
    return np.array_equal(one.mask_yx, other.mask_yx) and one.score == other.score


def test_a_loaded_model_describes_itself(model: LoadedModel) -> None:
    assert set(model.load_s) == {"read", "build", "move"}
    assert model.parameters > 1_000_000
    assert (model.device, model.precision, model.synchronise) == ("cpu", "fp32", None)
    assert model.weights_sha256 == "untrained"
    settings = json.loads(json.dumps(model.settings))
    assert settings["image_size"] == IMAGE_SIZES[model.checkpoint.arch]
    assert settings["mask_threshold"] == 0.0
    assert len(settings["library_sha256"]) == 64
    assert settings["torch"] == torch.__version__
    assert (model.video is not None) == ("video" in backends()[model.checkpoint.backend].modes(model.checkpoint.arch))


def test_loading_twice_gives_equal_weights_and_leaves_the_random_state_alone(
    model: LoadedModel, image: ImageSegmenter
) -> None:
    before = torch.random.get_rng_state()
    again = with_objects(load_untrained(model.checkpoint.arch))
    assert torch.equal(torch.random.get_rng_state(), before)
    assert again.image is not None
    frame, prompt = frame_of(SIZE_YX), prompt_of("box", SIZE_YX)
    one, other = (it.predict(it.embed(frame, clock=Clock()), prompt, clock=Clock()) for it in (image, again.image))
    assert equal(one, other)


@pytest.mark.parametrize("size_yx", SIZES_YX, ids=str)
def test_a_mask_is_boolean_and_as_large_as_the_frame(image: ImageSegmenter, size_yx: tuple[int, int]) -> None:
    embedding = image.embed(frame_of(size_yx), clock=Clock())
    assert embedding.size_yx == size_yx
    assert embedding.nbytes == sum(tensor.nbytes for tensor in tensors_of(embedding))
    for choice in CHOICES:
        mask_yx, score = image.predict(embedding, prompt_of("composite", size_yx), choice=choice, clock=Clock())
        assert (mask_yx.shape, str(mask_yx.dtype)) == (size_yx, "bool")
        assert type(score) is float


def test_embedding_is_pure_and_prediction_repeats_and_changes_nothing(image: ImageSegmenter) -> None:
    prompt = prompt_of("composite", SIZE_YX)
    embedding = image.embed(frame_of(SIZE_YX), clock=Clock())
    before = [tensor.clone() for tensor in tensors_of(embedding)]
    first = image.predict(embedding, prompt, clock=Clock())
    second = image.predict(embedding, prompt, clock=Clock())
    again = image.embed(frame_of(SIZE_YX), clock=Clock())
    assert equal(first, second)
    assert all(map(torch.equal, tensors_of(embedding), before))
    assert all(map(torch.equal, tensors_of(again), before))


def test_an_embedding_is_a_value_that_another_frame_does_not_change(image: ImageSegmenter) -> None:
    prompt = prompt_of("box", SIZE_YX)
    one = image.embed(frame_of(SIZE_YX), clock=Clock())
    alone = image.predict(one, prompt, clock=Clock())
    other = image.embed(255 - frame_of(SIZE_YX), clock=Clock())
    assert not equal(image.predict(other, prompt, clock=Clock()), alone)
    assert equal(image.predict(one, prompt, clock=Clock()), alone)


def test_embedding_and_prediction_are_timed_in_stages_of_their_own(image: ImageSegmenter) -> None:
    clock = Clock()
    embedding = image.embed(frame_of(SIZE_YX), clock=clock)
    assert {stage: len(samples) for stage, samples in clock.drain().items()} == {"to_device": 1, "embed": 1}
    image.predict(embedding, prompt_of("box", SIZE_YX), clock=clock)
    assert {stage: len(samples) for stage, samples in clock.drain().items()} == {"predict": 1, "to_host": 1}


@pytest.mark.parametrize(
    ("frame", "what"),
    [
        (np.zeros((8, 8, 3), np.float32), r"a frame of float32 and shape \(8, 8, 3\)"),
        (np.zeros((8, 8), np.uint8), r"a frame of uint8 and shape \(8, 8\)"),
        (np.zeros((8, 8, 1), np.uint8), r"a frame of uint8 and shape \(8, 8, 1\)"),
        (np.zeros((0, 8, 3), np.uint8), r"a frame of uint8 and shape \(0, 8, 3\)"),
    ],
)
def test_a_frame_that_a_library_would_take_wrongly_is_refused(
    image: ImageSegmenter, frame: NDArray[Any], what: str
) -> None:
    expected = r"expected uint8 of shape \(height, width, 3\). Make it with bench_cases.frames.prepare_frame."
    with pytest.raises(DataError, match=f"{what}; {expected}"):
        image.embed(frame, clock=Clock())


def test_a_frame_that_cannot_be_written_to_is_taken(image: ImageSegmenter) -> None:
    frame = frame_of(SIZE_YX)
    frame.flags.writeable = False
    turned = np.ascontiguousarray(frame[:, ::-1])[:, ::-1]
    one, other = (image.embed(it, clock=Clock()) for it in (frame, turned))
    assert all(map(torch.equal, tensors_of(one), tensors_of(other)))


def test_a_prompt_of_another_frame_size_is_refused_in_image_mode(image: ImageSegmenter) -> None:
    embedding = image.embed(frame_of(SIZE_YX), clock=Clock())
    message = (
        r"a prompt drawn on a frame of \(97, 97\) was given to one of \(160, 256\); expected the same height and "
        r"width. Carry it over with Prompt.scaled_to."
    )
    with pytest.raises(StrategyError, match=message):
        image.predict(embedding, prompt_of("box", (97, 97)), clock=Clock())


def test_a_mask_prompt_is_refused_in_image_mode(image: ImageSegmenter) -> None:
    embedding = image.embed(frame_of(SIZE_YX), clock=Clock())
    with pytest.raises(StrategyError, match=r"a mask prompt in image mode; expected points or a box"):
        image.predict(embedding, Prompt(size_yx=SIZE_YX, mask_yx=np.ones(SIZE_YX, bool)), clock=Clock())


def test_the_candidates_are_those_that_first_and_confident_choose_from(image: ImageSegmenter) -> None:
    embedding, prompt = image.embed(frame_of(SIZE_YX), clock=Clock()), prompt_of("point", SIZE_YX)
    clock = Clock()
    decoded = image.decode(embedding, prompt, clock=clock)
    assert {stage: len(samples) for stage, samples in clock.drain().items()} == {"predict": 1}
    found = [image.mask_of(decoded, number, clock=clock) for number in range(decoded.candidates)]
    assert {stage: len(samples) for stage, samples in clock.drain().items()} == {"to_host": 3}
    assert len(found) == 3
    first, confident = (image.predict(embedding, prompt, choice=it, clock=Clock()) for it in ("first", "confident"))
    assert equal(found[0], first)
    assert equal(max(found, key=lambda it: it.score), confident)


def test_one_decoding_serves_every_choice_and_choosing_changes_nothing(image: ImageSegmenter) -> None:
    embedding, prompt = image.embed(frame_of(SIZE_YX), clock=Clock()), prompt_of("composite", SIZE_YX)
    decoded = image.decode(embedding, prompt, clock=Clock())
    for choice in (*CHOICES, *CHOICES[::-1]):
        alone = image.predict(embedding, prompt, choice=choice, clock=Clock())
        assert equal(image.mask_of(decoded, choice, clock=Clock()), alone)


def test_a_candidate_that_is_not_there_is_refused(image: ImageSegmenter) -> None:
    embedding = image.embed(frame_of(SIZE_YX), clock=Clock())
    decoded = image.decode(embedding, prompt_of("point", SIZE_YX), clock=Clock())
    with pytest.raises(StrategyError, match=r"candidate 3 was asked for; expected a number from 0 to 2"):
        image.mask_of(decoded, 3, clock=Clock())


def test_an_earlier_mask_is_fed_back_and_must_be_of_the_same_frame(image: ImageSegmenter) -> None:
    assert image.feeds_back
    prompt = prompt_of("point", SIZE_YX)
    embedding, other = (image.embed(frame_of(SIZE_YX, seed), clock=Clock()) for seed in (0, 1))
    decoded = image.decode(embedding, prompt, clock=Clock())
    again = image.decode(embedding, prompt, previous=Previous(decoded, "first"), clock=Clock())
    without, with_it = (image.mask_of(it, clock=Clock()) for it in (decoded, again))
    assert without.score != with_it.score
    with pytest.raises(StrategyError, match=r"a mask to be refined that was decoded on another embedding; expected"):
        image.decode(other, prompt, previous=Previous(decoded), clock=Clock())


def test_masks_that_another_model_decoded_are_refused(image: ImageSegmenter) -> None:
    class Foreign:
        candidates = 3

    with pytest.raises(TypeError, match=r"masks of type Foreign; expected what decode\(\) of this model returned"):
        image.mask_of(Foreign(), clock=Clock())


def test_a_prompt_of_several_parts_is_refused_in_image_mode(image: ImageSegmenter) -> None:
    embedding = image.embed(frame_of(SIZE_YX), clock=Clock())
    with pytest.raises(StrategyError, match=r"a prompt of 2 parts was given to a model at once; expected one part"):
        image.predict(embedding, TWO, clock=Clock())


def test_an_embedding_of_another_model_is_refused(image: ImageSegmenter) -> None:
    @dataclasses.dataclass
    class Foreign:
        size_yx: tuple[int, int] = SIZE_YX
        nbytes: int = 0

    with pytest.raises(TypeError, match="an embedding of type Foreign; expected one that embed"):
        image.predict(Foreign(), prompt_of("box", SIZE_YX), clock=Clock())


# ---------------------------------------------------------------- video mode


def walk(video: VideoSegmenter, frames: list[Embedding], prompt: Prompt, **settings: Any) -> list[Prediction]:
    settings = {"size_yx": SIZE_YX, "clock": Clock(), **settings}
    return list(video.propagate(frames, {0: prompt}, **settings))


def test_an_encoded_frame_counts_what_it_alone_holds(encoded: list[Embedding]) -> None:
    first, second = encoded[:2]
    held = {id(tensor): tensor.nbytes for tensor in tensors_of(first)}
    shared = {id(tensor) for tensor in tensors_of(second)} & set(held)
    assert first.size_yx == SIZE_YX
    assert first.nbytes == sum(nbytes for key, nbytes in held.items() if key not in shared)


@pytest.mark.parametrize("choice", CHOICES)
def test_a_walk_yields_one_boolean_mask_a_frame_at_the_size_asked_for(
    video: VideoSegmenter, encoded: list[Embedding], choice: MaskChoice
) -> None:
    for size_yx in (SIZE_YX, (97, 200)):
        predictions = walk(video, encoded, prompt_of("composite", SIZE_YX), size_yx=size_yx, choice=choice)
        assert [(it.mask_yx.shape, str(it.mask_yx.dtype)) for it in predictions] == [(size_yx, "bool")] * 3
        assert predictions[0].mask_yx.any()
        assert all(type(it.score) is float for it in predictions)


def test_walks_repeat_interleave_and_leave_embeddings_alone(video: VideoSegmenter, encoded: list[Embedding]) -> None:
    prompt = prompt_of("composite", SIZE_YX)
    before = [tensor.clone() for embedding in encoded for tensor in tensors_of(embedding)]
    alone = walk(video, encoded, prompt)
    first = video.propagate(encoded, {0: prompt}, size_yx=SIZE_YX, clock=Clock())
    other = video.propagate(
        encoded[::-1], {0: prompt_of("point", SIZE_YX)}, size_yx=SIZE_YX, choice="first", clock=Clock()
    )
    woven = [one for one, _ in zip(first, other, strict=True)]
    assert all(map(equal, alone, woven))
    after = [tensor for embedding in encoded for tensor in tensors_of(embedding)]
    assert all(map(torch.equal, before, after))


def test_a_foreign_frame_gives_the_same_memory_whatever_the_size_of_the_volume(
    video: VideoSegmenter, encoded: list[Embedding]
) -> None:
    seed = video.encode(frame_of((97, 200), 1), clock=Clock())
    prompt = prompt_of("composite", (97, 200))
    as_foreign = walk(video, [seed, *encoded], prompt)
    at_home = walk(video, [seed, *encoded], prompt, size_yx=(97, 200))
    assert [it.score for it in as_foreign] == [it.score for it in at_home]
    # Read next to `Prompt.scaled_to`, which keeps pixel centres: the difference is a fraction of a pixel.
    scaled = walk(video, [seed, *encoded], prompt.scaled_to(SIZE_YX))
    for one, other in zip(as_foreign, scaled, strict=True):
        assert (one.mask_yx != other.mask_yx).mean() < 0.02


def test_a_model_can_be_seen_with_a_shorter_memory_and_says_when_it_has_none_so_long(video: VideoSegmenter) -> None:
    assert isinstance(video.with_memory(1), VideoSegmenter)
    with pytest.raises(StrategyError, match=r"a memory of 99 frames; expected 1 .*Give --sam-memory a number up to \d"):
        video.with_memory(99)


def test_the_longest_memory_is_the_declared_one(video_model: LoadedModel) -> None:
    video = video_model.video
    assert video is not None
    most = backend_of(video_model.checkpoint.arch).limits(video_model.checkpoint.arch).memory
    assert most is not None
    video.with_memory(most)
    with pytest.raises(StrategyError, match=rf"a memory of {most + 1} frames"):
        video.with_memory(most + 1)


def test_a_mask_prompt_may_lie_on_a_foreign_frame(video: VideoSegmenter, encoded: list[Embedding]) -> None:
    mask = np.zeros((80, 128), bool)
    mask[20:60, 30:90] = True
    seed = video.encode(frame_of((80, 128), 1), clock=Clock())
    echoed = walk(video, [seed, *encoded], Prompt(size_yx=(80, 128), mask_yx=mask))[0].mask_yx
    assert (echoed != mask.repeat(2, axis=0).repeat(2, axis=1)).mean() < 0.02


def test_frames_are_asked_for_once_and_when_they_are_reached(video: VideoSegmenter, encoded: list[Embedding]) -> None:
    asked: list[int] = []

    class Lazy(list[Embedding]):
        def __getitem__(self, position: Any) -> Any:
            asked.append(position)
            return super().__getitem__(position)

    steps = video.propagate(
        Lazy(encoded),
        {0: prompt_of("box", SIZE_YX), 2: prompt_of("box", SIZE_YX)},
        size_yx=SIZE_YX,
        clock=Clock(),
    )
    assert asked == []
    assert [list(asked) for _ in steps] == [[0, 2], [0, 2, 1], [0, 2, 1]]


def test_each_step_of_a_walk_is_one_sample_of_each_stage_and_encoding_is_not_charged_to_it(
    video: VideoSegmenter, encoded: list[Embedding]
) -> None:
    ticks = iter(range(1000))
    clock = Clock(now=lambda: float(next(ticks)))

    class EncodesWhenAsked(list[Embedding]):
        def __getitem__(self, position: Any) -> Any:
            next(ticks)
            return super().__getitem__(position)

    prompts = {position: prompt_of("box", SIZE_YX) for position in (0, 1)}
    list(video.propagate(EncodesWhenAsked(encoded), prompts, size_yx=SIZE_YX, clock=clock))
    assert clock.drain() == {"propagate": [1.0] * 3, "to_host": [1.0] * 3}
    video.encode(frame_of(SIZE_YX), clock=clock)
    assert list(clock.drain()) == ["to_device", "embed"]


def test_image_and_video_mode_see_different_pixels_and_share_one_network(
    video_model: LoadedModel, video: VideoSegmenter
) -> None:
    assert video_model.image is not None
    assert video_model.image.module is video.module  # type: ignore[attr-defined]
    by_image = video_model.image.embed(frame_of((97, 200)), clock=Clock())
    with pytest.raises(TypeError, match="expected one that encode"):
        next(iter(walk(video, [by_image], prompt_of("box", (97, 200)))))


BOX = prompt_of("box", SIZE_YX)
TWO = dataclasses.replace(BOX, apart=(BOX,))
BOTH = Prompt(size_yx=SIZE_YX, box_xyxy=BOX.box_xyxy, mask_yx=np.ones(SIZE_YX, bool))


@pytest.mark.parametrize(
    ("prompts", "message"),
    [
        ({}, r"no prompt on a video of 3 frames; expected at least one, so that there is something to follow"),
        (
            {0: TWO},
            r"a prompt of 2 parts was given to a model at once; expected one part. Give it each of Prompt.parts",
        ),
        ({0: BOX, 3: BOX, -1: BOX}, r"prompts at positions \[-1, 3\] of a video of 3 frames; expected 0 to 2"),
        ({0: BOTH}, r"a mask together with points or a box at positions \[0\]; expected one or the other"),
    ],
    ids=["none", "two parts", "outside", "mask and box"],
)
def test_prompts_that_a_walk_cannot_follow_are_refused_at_once(
    video: VideoSegmenter, encoded: list[Embedding], prompts: dict[int, Prompt], message: str
) -> None:
    with pytest.raises(StrategyError, match=message):
        video.propagate(encoded, prompts, size_yx=SIZE_YX, clock=Clock())


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
@pytest.mark.parametrize("arch", MICRO)
def test_fewer_bits_give_nearly_the_same_masks_and_smaller_embeddings(arch: str, precision: str) -> None:
    full, short = load(arch), with_objects(load_untrained(arch, precision))
    assert (short.precision, short.settings["precision"]) == (precision, precision)
    frame, prompt = frame_of(SIZE_YX), prompt_of("composite", SIZE_YX)
    masks = []
    for model in (full, short):
        assert model.image is not None
        masks.append(model.image.predict(model.image.embed(frame, clock=Clock()), prompt, clock=Clock()).mask_yx)
    assert (masks[0] != masks[1]).mean() < 0.03
    if short.video is not None:
        encoded = short.video.encode(frame, clock=Clock())
        assert len(walk(short.video, [encoded, encoded], prompt)) == 2
