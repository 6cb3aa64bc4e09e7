"""SAM 2's adapter gives, in video mode, what the library's own predictor gives on a folder of the same JPEG frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from sam2.modeling import sam2_base

from bench_cases.models import _sam2_walk
from bench_cases.models._sam2_video import Sam2Video
from bench_cases.models._sam2_walk import FrameFeatures, memory_reach, memory_state, start_walk
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock
from tests.model_examples import frame_of, load_example, load_untrained, prompt_of, with_objects

SIZE_YX = (160, 256)
MIDDLE = 3


@pytest.fixture(scope="module", params=["random", "shipped"])
def segmenter(request: pytest.FixtureRequest) -> Sam2Video:
    model = load_example("sam2_micro", request.param)
    if model is None:
        pytest.skip("the package ships no sam2_micro weights yet")
    assert isinstance(model.video, Sam2Video)
    return model.video


@pytest.fixture(scope="module")
def untrained() -> Sam2Video:
    video = with_objects(load_untrained("sam2_micro")).video
    assert isinstance(video, Sam2Video)
    return video


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> list[NDArray[np.uint8]]:
    """What JPEG makes of the examples: the library reads no other files."""
    folder = tmp_path_factory.mktemp("jpeg")
    return [jpeg(frame_of(SIZE_YX, seed), folder / f"{seed}.jpg") for seed in range(7)]


def jpeg(frame: NDArray[np.uint8], path: Path) -> NDArray[np.uint8]:
    Image.fromarray(frame).save(path, quality=95)
    return np.array(Image.open(path).convert("RGB"))


def folder_of(order: Sequence[int], tmp_path: Path) -> str:
    """Write the frames that `frames` decoded, from the same pixels, in another order."""
    for place, seed in enumerate(order):
        jpeg(frame_of(SIZE_YX, seed), tmp_path / f"{place:05d}.jpg")
    return str(tmp_path)


def library(module: Any, folder: str, prompts: dict[int, Prompt], **settings: Any) -> list[torch.Tensor]:
    state = module.init_state(folder)
    for position, prompt in prompts.items():
        if prompt.mask_yx is not None:
            module.add_new_mask(state, position, 1, prompt.mask_yx)
            continue
        module.add_new_points_or_box(
            state,
            position,
            1,
            points=np.array(prompt.points_xy, np.float32) if prompt.points_xy else None,
            labels=np.array(prompt.labels, np.int32) if prompt.points_xy else None,
            box=None if prompt.box_xyxy is None else np.array(prompt.box_xyxy, np.float32),
        )
    return [logits[0, 0] for _, _, logits in module.propagate_in_video(state, **settings)]


def encode(segmenter: Sam2Video, frames: Sequence[NDArray[np.uint8]]) -> list[FrameFeatures]:
    return [segmenter.encode(frame, clock=Clock()) for frame in frames]


def walk_logits(
    segmenter: Sam2Video, video: list[FrameFeatures], prompt: Prompt, **settings: Any
) -> list[torch.Tensor]:
    with torch.inference_mode():
        walk = start_walk(segmenter.module, n_frames=len(video), size_yx=SIZE_YX, **{"choice": "single", **settings})
        walk.tell(0, video[0], prompt)
        return [walk.upscale(walk.track(position, features)[0])[0, 0] for position, features in enumerate(video)]


@pytest.mark.parametrize(
    ("direction", "kind"),
    [("backward", "composite"), ("forward", "composite"), ("forward", "box"), ("forward", "point")],
)
def test_each_half_video_equals_propagate_in_video(
    segmenter: Sam2Video, frames: list[NDArray[np.uint8]], direction: str, kind: str, tmp_path: Path
) -> None:
    order = list(range(MIDDLE, -1, -1) if direction == "backward" else range(MIDDLE, len(frames)))
    prompt = prompt_of(kind, SIZE_YX)
    theirs = library(segmenter.module, folder_of(order, tmp_path), {0: prompt})
    video = encode(segmenter, [frames[seed] for seed in order])
    for mine, his in zip(walk_logits(segmenter, video, prompt), theirs, strict=True):
        torch.testing.assert_close(mine, his, rtol=0, atol=1e-5)
    predictions = list(segmenter.propagate(video, {0: prompt}, size_yx=SIZE_YX, clock=Clock()))
    assert predictions[0].mask_yx.any()
    for prediction, his in zip(predictions, theirs, strict=True):
        np.testing.assert_array_equal(prediction.mask_yx, (his > 0).numpy())


def test_prompts_on_several_frames_and_mask_prompts_equal_the_library(
    segmenter: Sam2Video, frames: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    mask = np.zeros(SIZE_YX, bool)
    mask[40:120, 30:100] = True
    prompts = {0: Prompt(size_yx=SIZE_YX, mask_yx=mask), 4: prompt_of("composite", SIZE_YX)}
    theirs = library(segmenter.module, folder_of(range(7), tmp_path), prompts)
    ours = list(segmenter.propagate(encode(segmenter, frames), prompts, size_yx=SIZE_YX, clock=Clock()))
    for prediction, his in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(prediction.mask_yx, (his > 0).numpy())
    assert ours[0].score == 1.0  # a mask prompt is handed back as it is


def test_one_pass_from_slice_0_equals_the_library_told_to_start_before_its_prompt(
    segmenter: Sam2Video, frames: list[NDArray[np.uint8]], tmp_path: Path
) -> None:
    prompts = {MIDDLE: prompt_of("box", SIZE_YX), 5: prompt_of("point", SIZE_YX)}
    theirs = library(segmenter.module, folder_of(range(7), tmp_path), prompts, start_frame_idx=0)
    ours = list(segmenter.propagate(encode(segmenter, frames), prompts, size_yx=SIZE_YX, clock=Clock()))
    assert len(theirs) == len(ours) == 7
    for prediction, his in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(prediction.mask_yx, (his > 0).numpy())


def test_a_prompted_frame_put_in_front_equals_the_librarys_memory_of_a_frame_behind_the_start(
    untrained: Sam2Video, frames: list[NDArray[np.uint8]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Three prompted slices, backward half: the library starts at the middle one with all three in its memory. As in
    # SAM 2, pointers carry no time; in SAM 2.1 they do, and the two differ by that.
    monkeypatch.setattr(untrained.module, "add_tpos_enc_to_obj_ptrs", False)
    prompt = prompt_of("composite", SIZE_YX)
    prompts = dict.fromkeys((1, MIDDLE, 6), prompt)
    theirs = library(untrained.module, folder_of(range(7), tmp_path), prompts, start_frame_idx=MIDDLE, reverse=True)
    order = [6, *range(MIDDLE, -1, -1)]
    video = encode(untrained, [frames[index] for index in order])
    with torch.inference_mode():
        walk = start_walk(untrained.module, n_frames=len(video), size_yx=SIZE_YX, choice="single")
        for position in (0, 1, 3):
            walk.tell(position, video[position], prompt)
        ours = [walk.upscale(walk.track(position, features)[0])[0, 0] for position, features in enumerate(video)]
    assert len(theirs) == len(ours[1:]) == MIDDLE + 1
    for mine, his in zip(ours[1:], theirs, strict=True):
        torch.testing.assert_close(mine, his, rtol=0, atol=1e-4)


def test_first_is_the_library_with_its_argmax_replaced_by_index_0(
    untrained: Sam2Video, frames: list[NDArray[np.uint8]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class AlwaysZero:
        """torch, as sam2_base sees it, with an argmax that does not look: the change that D24 made."""

        def __getattr__(self, name: str) -> Any:
            return getattr(torch, name)

        def argmax(self, values: torch.Tensor, dim: int) -> torch.Tensor:
            return torch.zeros_like(torch.argmax(values, dim=dim))

    # As in the published configurations: three candidates on tracked frames, pointers from their tokens.
    monkeypatch.setattr(untrained.module, "multimask_output_for_tracking", True)
    monkeypatch.setattr(untrained.module.sam_mask_decoder, "use_multimask_token_for_obj_ptr", True)
    prompt, video = prompt_of("point", SIZE_YX), encode(untrained, frames[:4])
    first, confident = (walk_logits(untrained, video, prompt, choice=choice) for choice in ("first", "confident"))
    assert not all(torch.equal(a, b) for a, b in zip(first, confident, strict=True))
    with monkeypatch.context() as patched:
        patched.setattr(sam2_base, "torch", AlwaysZero())
        theirs = library(untrained.module, folder_of(range(4), tmp_path), {0: prompt})
    for mine, his in zip(first, theirs, strict=True):
        torch.testing.assert_close(mine, his, rtol=0, atol=1e-5)
    # The network itself still chooses the most confident.
    for before, after in zip(confident, walk_logits(untrained, video, prompt), strict=True):
        assert torch.equal(before, after)


def test_forgetting_frames_that_no_later_frame_can_see_changes_no_bit(
    untrained: Sam2Video, frames: list[NDArray[np.uint8]], monkeypatch: pytest.MonkeyPatch
) -> None:
    prompt, video = prompt_of("composite", SIZE_YX), encode(untrained, frames)
    pruned = walk_logits(untrained, video, prompt)
    too_short = walk_with_reach(untrained, video, prompt, 1, monkeypatch)
    everything = walk_with_reach(untrained, video, prompt, len(video), monkeypatch)
    assert all(torch.equal(a, b) for a, b in zip(pruned, everything, strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(pruned, too_short, strict=True))


def walk_with_reach(
    segmenter: Sam2Video, video: list[FrameFeatures], prompt: Prompt, reach: int, monkeypatch: pytest.MonkeyPatch
) -> list[torch.Tensor]:
    with monkeypatch.context() as patched:
        patched.setattr(_sam2_walk, "memory_reach", lambda _: reach)
        return walk_logits(segmenter, video, prompt)


def test_the_memory_of_a_long_walk_stays_bounded(untrained: Sam2Video, frames: list[NDArray[np.uint8]]) -> None:
    video = encode(untrained, frames[:2]) * 4
    with torch.inference_mode():
        walk = start_walk(untrained.module, n_frames=len(video), size_yx=SIZE_YX, choice="single")
        walk.tell(0, video[0], prompt_of("box", SIZE_YX))
        for position, features in enumerate(video):
            walk.track(position, features)
    assert len(walk.state["output_dict_per_obj"][0]["non_cond_frame_outputs"]) == memory_reach(untrained.module)
    assert walk.state["cached_features"] == {}
    assert len(walk.state["images"]) == 0


def test_the_state_has_the_keys_of_the_librarys_init_state(untrained: Sam2Video, tmp_path: Path) -> None:
    theirs = untrained.module.init_state(folder_of([0], tmp_path))
    ours = memory_state(n_frames=1, size_yx=SIZE_YX, device=torch.device("cpu"))
    assert list(ours) == list(theirs)
    same = set(ours) - {"images", "cached_features"}
    assert {key: ours[key] for key in same} == {key: theirs[key] for key in same}


def test_bf16_equals_the_library_under_autocast(frames: list[NDArray[np.uint8]], tmp_path: Path) -> None:
    segmenter = with_objects(load_untrained("sam2_micro", "bf16")).video
    assert isinstance(segmenter, Sam2Video)
    prompt = prompt_of("composite", SIZE_YX)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        theirs = library(segmenter.module, folder_of(range(2), tmp_path), {0: prompt})
    ours = segmenter.propagate(encode(segmenter, frames[:2]), {0: prompt}, size_yx=SIZE_YX, clock=Clock())
    for prediction, his in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(prediction.mask_yx, (his > 0).numpy())


def test_nothing_is_printed(
    untrained: Sam2Video, frames: list[NDArray[np.uint8]], capfd: pytest.CaptureFixture[str]
) -> None:
    video = encode(untrained, frames[:3])
    list(untrained.propagate(video, {0: prompt_of("box", SIZE_YX)}, size_yx=SIZE_YX, clock=Clock()))
    assert capfd.readouterr() == ("", "")
