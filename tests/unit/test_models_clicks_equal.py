"""Fed the same clicks one after the other, the adapters give what the libraries' own predictors give."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bench_cases.contracts import ImageSegmenter, MaskChoice, Previous
from bench_cases.engine.image_clicks import refine
from bench_cases.errors import StrategyError
from bench_cases.models._sam2_image import Sam2Image
from bench_cases.models._sam2_session import Sam2Session
from bench_cases.models._sam2_video import Sam2Video
from bench_cases.models._sam_image import SamImage
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock
from tests.model_examples import frame_of, load_example, load_untrained, prompt_of, with_objects
from tests.unit.test_models_sam2_video_equal import folder_of, jpeg

SIZE_YX = (160, 256)


@pytest.fixture(scope="module", params=["sam_micro", "sam2_micro", "shipped sam2_micro"])
def segmenter(request: pytest.FixtureRequest) -> ImageSegmenter:
    weights, _, arch = request.param.rpartition(" ")
    model = load_example(arch, weights or "random")
    if model is None:
        pytest.skip(f"the package ships no {arch} weights yet")
    assert model.image is not None
    return model.image


def library_predictor(segmenter: ImageSegmenter) -> Any:
    if isinstance(segmenter, SamImage):
        from segment_anything import SamPredictor

        return SamPredictor(segmenter.module)
    assert isinstance(segmenter, Sam2Image)
    from sam2.sam2_image_predictor import SAM2ImagePredictor

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated")  # its category changes with torch
        predictor = SAM2ImagePredictor(segmenter.module)
    # The library fixes these to a model of 1024 pixels; the micro model has 256.
    predictor._bb_feat_sizes = [(segmenter.module.image_size // stride,) * 2 for stride in (4, 8, 16)]
    return predictor


@pytest.mark.parametrize("choice", ["single", "confident", "first"])
@pytest.mark.parametrize("kind", ["point", "box"])
def test_refining_a_mask_equals_the_library_given_the_same_clicks_and_its_own_logits(
    segmenter: ImageSegmenter, kind: str, choice: MaskChoice
) -> None:
    frame = frame_of(SIZE_YX)
    reference = np.zeros(SIZE_YX, bool)
    reference[40:120, 50:110] = True
    embedding = segmenter.embed(frame, clock=Clock())
    ours = refine(
        segmenter,
        embedding,
        prompt_of(kind, SIZE_YX),
        choice=choice,
        clicks=3,
        reference_yx=reference,
        clock=Clock(),
    )
    assert len(ours.corrections) == 3

    predictor = library_predictor(segmenter)
    predictor.set_image(frame)
    first, logits = prompt_of(kind, SIZE_YX), None
    points, labels = list(first.points_xy), list(first.labels)
    for number, mine in enumerate(ours.masks_yx):
        masks, iou, low = predictor.predict(
            point_coords=np.array(points) if points else None,
            point_labels=np.array(labels) if points else None,
            box=None if first.box_xyxy is None else np.array(first.box_xyxy),
            mask_input=logits,
            multimask_output=choice != "single",
        )
        index = int(np.argmax(iou)) if choice == "confident" else 0
        np.testing.assert_array_equal(mine, masks[index].astype(bool))
        logits = low[index : index + 1]
        if number < 3:
            click = ours.corrections[number]
            points.append((click.x, click.y))
            labels.append(click.label)


def test_a_candidate_picked_by_number_is_fed_back_like_one_picked_by_rule(segmenter: ImageSegmenter) -> None:
    embedding, prompt = segmenter.embed(frame_of(SIZE_YX), clock=Clock()), prompt_of("point", SIZE_YX)
    decoded = segmenter.decode(embedding, prompt, clock=Clock())
    by_rule, by_number, other = (
        segmenter.mask_of(
            segmenter.decode(embedding, prompt, previous=Previous(decoded, which), clock=Clock()), clock=Clock()
        )
        for which in ("first", 0, 1)
    )
    assert by_rule.score == by_number.score != other.score


# ---------------------------------------------------------------- video mode


@pytest.fixture(scope="module", params=["random", "shipped"])
def video(request: pytest.FixtureRequest) -> Sam2Video:
    model = load_example("sam2_micro", request.param)
    if model is None:
        pytest.skip("the package ships no sam2_micro weights yet")
    assert isinstance(model.video, Sam2Video)
    return model.video


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[NDArray[np.uint8]]:
    folder = tmp_path_factory.mktemp("jpeg")
    return [jpeg(frame_of(SIZE_YX, seed), folder / f"{seed}.jpg") for seed in range(5)]


CLICKS = ((3, (70, 90), 1), (1, (180, 30), 0), (3, (200, 80), 0), (0, (60, 100), 1))
"""Position, pixel and label of each click: a frame twice, and the prompted one."""


def click_prompt(xy: tuple[int, int], label: int) -> Prompt:
    return Prompt(size_yx=SIZE_YX, points_xy=((float(xy[0]), float(xy[1])),), labels=(label,))


def open_on(video: Sam2Video, frames: Sequence[NDArray[np.uint8]], prompts: dict[int, Prompt]) -> Sam2Session:
    encoded = [video.encode(frame, clock=Clock()) for frame in frames]
    return video.open_session(encoded, prompts, size_yx=SIZE_YX)


def masks_of(session: Sam2Session) -> list[NDArray[np.bool_]]:
    return [prediction.mask_yx for prediction in session.propagate(clock=Clock())]


def library_session(module: Any, folder: str, prompt: Prompt) -> Any:
    state = module.init_state(folder)
    module.add_new_points_or_box(
        state,
        0,
        1,
        points=np.array(prompt.points_xy, np.float32) if prompt.points_xy else None,
        labels=np.array(prompt.labels, np.int32) if prompt.points_xy else None,
        box=None if prompt.box_xyxy is None else np.array(prompt.box_xyxy, np.float32),
    )
    return state


def library_masks(module: Any, state: Any, **settings: Any) -> list[NDArray[np.bool_]]:
    return [(logits[0, 0] > 0).numpy() for _, _, logits in module.propagate_in_video(state, **settings)]


def library_click(module: Any, state: Any, position: int, xy: tuple[int, int], label: int) -> None:
    points, labels = np.array([xy], np.float32), np.array([label], np.int32)
    module.add_new_points_or_box(state, position, 1, points=points, labels=labels, clear_old_points=False)


@pytest.mark.parametrize("kind", ["point", "box"])
def test_a_session_equals_the_librarys_own_clicks_and_propagations(
    video: Sam2Video,
    frames: list[NDArray[np.uint8]],
    kind: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As in SAM 2's training; by default the library tracks a corrected frame anew and its clicks are lost.
    monkeypatch.setattr(video.module, "add_all_frames_to_correct_as_cond", True)
    prompt = prompt_of(kind, SIZE_YX)
    session = open_on(video, frames, {0: prompt})
    state = library_session(video.module, folder_of(range(len(frames)), tmp_path), prompt)
    rounds = [masks_of(session)]
    np.testing.assert_array_equal(rounds[0], library_masks(video.module, state))
    for position, xy, label in CLICKS:
        session.correct(position, click_prompt(xy, label), clock=Clock())
        library_click(video.module, state, position, xy, label)
        rounds.append(masks_of(session))
        np.testing.assert_array_equal(rounds[-1], library_masks(video.module, state))
    assert not np.array_equal(rounds[0], rounds[-1])


def test_a_session_that_was_not_corrected_equals_a_plain_walk_each_time(
    video: Sam2Video, frames: list[NDArray[np.uint8]]
) -> None:
    prompts = {1: prompt_of("box", SIZE_YX), 3: prompt_of("point", SIZE_YX)}
    session = open_on(video, frames, prompts)
    encoded = [video.encode(frame, clock=Clock()) for frame in frames]
    plain = [it.mask_yx for it in video.propagate(encoded, prompts, size_yx=SIZE_YX, clock=Clock())]
    for _ in range(2):
        np.testing.assert_array_equal(masks_of(session), plain)
    assert video.module.add_all_frames_to_correct_as_cond is False


def test_two_halves_that_share_a_correction_equal_the_library_with_a_memory_for_each_direction(
    video: Sam2Video, frames: list[NDArray[np.uint8]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One state over the whole volume; what was tracked in one direction is put away while it goes in the other.
    monkeypatch.setattr(video.module, "add_all_frames_to_correct_as_cond", True)
    prompt, start = prompt_of("box", SIZE_YX), 2
    down, up = (open_on(video, [frames[z] for z in order], {0: prompt}) for order in ((2, 1, 0), (2, 3, 4)))
    for half in (down, up):
        masks_of(half)
    corrected = down.correct(1, click_prompt((70, 90), 1), clock=Clock())
    up.adopt(-1, corrected)
    ours = [masks_of(down), masks_of(up)]

    state = video.module.init_state(folder_of(range(5), tmp_path))
    box = np.array(prompt.box_xyxy, np.float32)
    video.module.add_new_points_or_box(state, start, 1, box=box)
    library_masks(video.module, state, start_frame_idx=start, reverse=True)
    library_click(video.module, state, 1, (70, 90), 1)
    theirs = [library_masks(video.module, state, start_frame_idx=start, reverse=True)]
    state["output_dict_per_obj"][0]["non_cond_frame_outputs"].clear()
    theirs.append(library_masks(video.module, state, start_frame_idx=start))
    for mine, his in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(mine, his)


def test_what_a_session_cannot_take_is_refused(frames: list[NDArray[np.uint8]]) -> None:
    untrained = with_objects(load_untrained("sam2_micro")).video
    assert isinstance(untrained, Sam2Video)
    box = prompt_of("box", SIZE_YX)
    with pytest.raises(StrategyError, match=r"no prompt on a video of 2 frames; expected at least one"):
        open_on(untrained, frames[:2], {})
    session = open_on(untrained, frames[:2], {0: box})
    with pytest.raises(StrategyError, match=r"a click at position 1, which was not tracked; expected one of a video"):
        session.correct(1, click_prompt((3, 4), 1), clock=Clock())
    masks_of(session)
    with pytest.raises(StrategyError, match=r"a correction with a box, a mask or parts; expected points alone"):
        session.correct(1, box, clock=Clock())
    with pytest.raises(TypeError, match=r"a frame of type object; expected what correct\(\) of this model returned"):
        session.adopt(1, object())


def test_a_click_is_a_stage_of_its_own_and_each_tracked_frame_one_sample(frames: list[NDArray[np.uint8]]) -> None:
    untrained = with_objects(load_untrained("sam2_micro")).video
    assert isinstance(untrained, Sam2Video)
    session, clock = open_on(untrained, frames[:2], {0: prompt_of("point", SIZE_YX)}), Clock()
    for _ in range(2):
        list(session.propagate(clock=clock))
        session.correct(1, click_prompt((70, 90), 1), clock=clock)
    assert {stage: len(samples) for stage, samples in clock.drain().items()} == {
        "propagate": 4,
        "to_host": 4,
        "click": 2,
    }
