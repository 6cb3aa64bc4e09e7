"""The adapter of transformers gives what the library's own processor and model give on the same pixels."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from bench_cases.contracts import Embedding, LoadedModel, Prediction, WalkLimits
from bench_cases.engine.image_clicks import refine
from bench_cases.errors import CheckpointError, SelectionError, StrategyError
from bench_cases.models.backends import backends
from bench_cases.models.command_line import parse_checkpoint
from bench_cases.models.loading import load_model
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock
from tests.hf_examples import IMAGE, SIDE, VIDEO, build, processors, save
from tests.model_examples import frame_of, prompt_of

SIZE_YX = (40, 56)
MASK = np.zeros(SIZE_YX, bool)
MASK[10:30, 8:40] = True


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return {arch: save(arch, tmp_path_factory.mktemp(arch)) for arch in (*IMAGE, *VIDEO)}


@pytest.fixture(scope="module")
def load(folders: dict[str, Path]) -> Any:
    return cache(lambda arch: load_model(parse_checkpoint(f"mine={folders[arch]}@{arch}"), device="cpu"))


def test_every_class_that_was_promised_is_an_architecture() -> None:
    backend = backends()["transformers"]
    assert {*IMAGE, *VIDEO} <= set(backend.architectures())
    assert all(backend.modes(arch) == ("image", "video") for arch in VIDEO)
    assert all(backend.modes(arch) == ("image",) and "mask" not in backend.prompts(arch) for arch in IMAGE)


@pytest.mark.parametrize("arch", VIDEO)
def test_what_its_walks_cannot_do_is_declared_and_refused(load: Any, arch: str) -> None:
    assert backends()["transformers"].limits(arch) == WalkLimits(clicks=False, oracle=False, memory=0)
    model = load(arch)
    video = [model.video.encode(frame_of(SIZE_YX), clock=Clock())]
    prompts = {0: prompt_of("point", SIZE_YX)}
    with pytest.raises(StrategyError, match="clicks in video mode were asked of a model of transformers"):
        model.video.open_session(video, prompts, size_yx=SIZE_YX)
    with pytest.raises(StrategyError, match="a chooser among candidates in video mode was given to a model of transf"):
        model.video.propagate(video, prompts, size_yx=SIZE_YX, choose=lambda *_: 0, clock=Clock())
    with pytest.raises(StrategyError, match="a memory of 1 frames was asked of a model of transformers"):
        model.video.with_memory(1)


@pytest.mark.parametrize("arch", VIDEO)
def test_its_image_mode_takes_a_click_after_a_look(load: Any, arch: str) -> None:
    image, clock = load(arch).image, Clock()
    embedding, prompt = image.embed(frame_of(SIZE_YX), clock=clock), prompt_of("point", SIZE_YX)
    reference = np.zeros(SIZE_YX, bool)
    reference[20:40, 20:60] = True
    found = refine(image, embedding, prompt, choice="single", clicks=1, reference_yx=reference, clock=clock)
    assert len(found.masks_yx) == 1 + len(found.corrections) == 2


@pytest.mark.parametrize("arch", [*IMAGE, *VIDEO])
def test_a_folders_weights_are_in_the_network(load: Any, arch: str) -> None:
    loaded, built = load(arch).image.module.state_dict(), build(arch).state_dict()
    assert list(loaded) == list(built)
    assert all(torch.equal(loaded[key], value) for key, value in built.items())


# ---------------------------------------------------------------- image mode


def library(
    processor: Any, module: Any, frame: NDArray[np.uint8], prompt: Prompt, *, multimask: bool
) -> tuple[Any, Any]:
    """Processor, model and post-processing as the library's documentation shows; its image class for each.

    On the loaded network, since a copy of the weights elsewhere in memory gives other last bits; that it holds the
    right weights has a test of its own. SAM-HQ's decoder is mended in it: against what, says test_models_sam_hq_equal.
    """
    points = [[[list(point) for point in prompt.points_xy]]] if prompt.points_xy else None
    inputs = processor(
        images=frame,
        input_points=points,
        input_labels=[[list(prompt.labels)]] if points else None,
        input_boxes=None if prompt.box_xyxy is None else [[list(prompt.box_xyxy)]],
        return_tensors="pt",
    )
    sizes = [inputs.pop(name) for name in ("original_sizes", "reshaped_input_sizes") if name in inputs]
    with torch.inference_mode():
        found = module(**inputs, multimask_output=multimask)
    logits = processor.post_process_masks(found.pred_masks, *sizes, binarize=False)[0]
    return logits[0], found.iou_scores[0, 0]


def ours(model: LoadedModel, frame: NDArray[np.uint8], prompt: Prompt) -> tuple[Any, Any, Any]:
    assert model.image is not None
    decoded = model.image.decode(model.image.embed(frame, clock=Clock()), prompt, clock=Clock())
    masks = [model.image.mask_of(decoded, choice, clock=Clock()) for choice in ("single", 0, 1, 2)]
    return decoded, masks[0], masks[1:]


@pytest.mark.parametrize("kind", ["point", "box", "composite"])
@pytest.mark.parametrize("arch", IMAGE)
def test_masks_scores_and_logits_equal_the_librarys_own_pipeline(load: Any, arch: str, kind: str) -> None:
    model, frame, prompt = load(arch), frame_of(SIZE_YX), prompt_of(kind, SIZE_YX)
    decoded, single, candidates = ours(model, frame, prompt)
    assert decoded.logits.shape[1] == 4
    for predictions, multimask in (([single], False), (candidates, True)):
        logits, iou = library(processors(arch), model.image.module, frame, prompt, multimask=multimask)
        assert len(predictions) == len(logits)
        for prediction, his, score in zip(predictions, logits, iou, strict=True):
            np.testing.assert_array_equal(prediction.mask_yx, (his > 0).numpy())
            assert prediction.score == pytest.approx(float(score), abs=1e-5)
    his, _ = library(processors(arch), model.image.module, frame, prompt, multimask=True)
    mine = model.image.processor.post_process_masks(
        [decoded.logits[:, 1:]],
        original_sizes=[SIZE_YX],
        reshaped_input_sizes=[decoded.embedding.input_yx],
        binarize=False,
    )[0]
    torch.testing.assert_close(mine[0], his, rtol=0, atol=1e-5)
    assert {bool(it.mask_yx.any()) for it in candidates} | {not it.mask_yx.all() for it in candidates} != {False}


@pytest.mark.parametrize(("video", "image"), [("Sam2Video", "Sam2"), ("EdgeTamVideo", "EdgeTam")])
def test_a_model_of_video_mode_serves_image_mode_as_the_librarys_image_class_does(
    folders: dict[str, Path], load: Any, video: str, image: str
) -> None:
    by_image = load_model(parse_checkpoint(f"mine={folders[video]}@{image}"), device="cpu")
    frame, prompt = frame_of(SIZE_YX), prompt_of("composite", SIZE_YX)
    (one, *_), (other, *_) = (ours(model, frame, prompt) for model in (load(video), by_image))
    torch.testing.assert_close(one.logits, other.logits, rtol=0, atol=1e-5)
    assert by_image.video is None


@pytest.mark.parametrize("arch", IMAGE)
def test_frames_of_several_sizes_encoded_together_give_the_embeddings_of_each_alone(load: Any, arch: str) -> None:
    segmenter, clock = load(arch).image, Clock()
    frames = [frame_of(size_yx, seed) for seed, size_yx in enumerate((SIZE_YX, (56, 40), SIZE_YX))]
    together = segmenter.embed_many([segmenter.pixels_of(frame) for frame in frames], clock=clock)
    assert len(clock.samples_s["embed"]) == 1
    for ours, frame in zip(together, frames, strict=True):
        alone = segmenter.embed(frame, clock=Clock())
        assert (ours.size_yx, ours.input_yx) == (alone.size_yx, alone.input_yx)
        for mine, other in zip(ours.maps, alone.maps, strict=True):
            torch.testing.assert_close(mine, other, rtol=0, atol=1e-5)


def test_an_earlier_mask_goes_into_the_decoder(load: Any) -> None:
    for arch in ("Sam", "Sam2"):
        image = load(arch).image
        embedding, prompt = image.embed(frame_of(SIZE_YX), clock=Clock()), prompt_of("point", SIZE_YX)
        first = image.decode(embedding, prompt, clock=Clock())
        from bench_cases.contracts import Previous

        again = image.decode(embedding, prompt, previous=Previous(first, "single"), clock=Clock())
        assert not torch.equal(first.logits, again.logits)


# ---------------------------------------------------------------- video mode


def library_walk(
    processor: Any, module: Any, frames: list[NDArray[np.uint8]], prompts: dict[int, Prompt]
) -> list[torch.Tensor]:
    session = processor.init_video_session(video=np.stack(frames), dtype=torch.float32)
    for position, prompt in sorted(prompts.items()):
        marks: dict[str, Any] = {}
        if prompt.mask_yx is not None:
            marks["input_masks"] = prompt.mask_yx
        if prompt.points_xy:
            marks["input_points"] = [[[list(point) for point in prompt.points_xy]]]
            marks["input_labels"] = [[list(prompt.labels)]]
        if prompt.box_xyxy is not None:
            marks["input_boxes"] = [[list(prompt.box_xyxy)]]
        processor.add_inputs_to_inference_session(session, frame_idx=position, obj_ids=[1], **marks)
        module(session, frame_idx=position)
    with torch.inference_mode():
        return [found.pred_masks for found in module.propagate_in_video_iterator(session, start_frame_idx=0)]


def walk_equals_the_library(
    model: Any, processor: Any, frames: list[NDArray[np.uint8]], prompts: dict[int, Prompt]
) -> list[Prediction]:
    """Hold each frame's logits to the library's, and its mask; return what was predicted."""
    theirs = library_walk(processor, model.video.module, frames, prompts)
    mine: dict[int, torch.Tensor] = {}
    looking_on = model.video.module.register_forward_hook(
        lambda _module, _inputs, found: mine.update({found.frame_idx: found.pred_masks})
    )
    with looking_on:
        predictions = walk(model, frames, prompts)
    for position, (prediction, his) in enumerate(zip(predictions, theirs, strict=True)):
        torch.testing.assert_close(mine[position], his, rtol=0, atol=1e-5)
        full = torch.nn.functional.interpolate(his, frames[0].shape[:2], mode="bilinear")
        np.testing.assert_array_equal(prediction.mask_yx, (full > 0)[0, 0].numpy())
    return predictions


def walk(model: LoadedModel, frames: list[NDArray[np.uint8]], prompts: dict[int, Prompt]) -> list[Prediction]:
    assert model.video is not None
    video: list[Embedding] = [model.video.encode(frame, clock=Clock()) for frame in frames]
    return list(model.video.propagate(video, prompts, size_yx=frames[0].shape[:2], clock=Clock()))


BOX = prompt_of("box", SIZE_YX)
PROMPTS = {
    "composite": {0: prompt_of("composite", SIZE_YX)},
    "box": {0: BOX},
    "mask": {0: Prompt(size_yx=SIZE_YX, mask_yx=MASK)},
    "two, one of them ahead": {2: prompt_of("point", SIZE_YX), 4: BOX},
}


@pytest.mark.parametrize("direction", ["forward", "backward"])
@pytest.mark.parametrize("prompts", PROMPTS.values(), ids=PROMPTS)
@pytest.mark.parametrize("arch", VIDEO)
def test_a_walk_equals_the_librarys_own_in_both_directions(
    load: Any, arch: str, prompts: dict[int, Prompt], direction: str
) -> None:
    frames = [frame_of(SIZE_YX, seed) for seed in range(6)][:: 1 if direction == "forward" else -1]
    model = load(arch)
    walk_equals_the_library(model, processors(arch), frames, prompts)


def test_first_takes_the_first_candidate_and_leaves_the_network_alone(load: Any) -> None:
    model, frames = load("Sam2Video"), [frame_of(SIZE_YX, seed) for seed in range(3)]
    assert model.video is not None
    video = [model.video.encode(frame, clock=Clock()) for frame in frames]
    prompts = {0: prompt_of("point", SIZE_YX)}
    before, first, after = (
        list(model.video.propagate(video, prompts, size_yx=SIZE_YX, choice=choice, clock=Clock()))
        for choice in ("single", "first", "single")
    )
    assert [it.score for it in before] == [it.score for it in after]
    assert any(one.score != other.score for one, other in zip(before, first, strict=True))
    assert not model.video.module.mask_decoder._forward_hooks


def test_the_memory_of_a_long_walk_stays_bounded(load: Any) -> None:
    model = load("Sam2Video")
    sessions = []

    class Watched(type(model.video)):  # type: ignore[misc]
        def _session(self, n_frames: int) -> Any:
            sessions.append(super()._session(n_frames))
            return sessions[-1]

    video = Watched(
        module=model.video.module,
        processor=model.video.processor,
        family=model.video.family,
        device="cpu",
        precision="fp32",
    )
    encoded = [video.encode(frame_of(SIZE_YX), clock=Clock())] * 8
    list(video.propagate(encoded, {0: BOX}, size_yx=SIZE_YX, clock=Clock()))
    outputs = sessions[0].output_dict_per_obj[0]
    assert sorted(outputs["non_cond_frame_outputs"]) == [6, 7]  # two memories and two pointers reach back that far
    assert not any("high_res_masks" in kept for it in outputs.values() for kept in it.values())


# ---------------------------------------------------------------- loading


def test_the_architecture_is_read_from_the_folder(folders: dict[str, Path]) -> None:
    for arch in (*IMAGE, *VIDEO):
        assert parse_checkpoint(f"mine={folders[arch]}").arch == arch
    settings = load_model(parse_checkpoint(f"mine={folders['Sam2']}"), device="cpu").settings
    assert (settings["image_size"], settings["decoder_runs_a_prompt"]) == (SIDE, 1)


def test_a_folder_of_another_kind_is_named_with_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "sam2_vidoe"}))
    message = "its config.json names the model type 'sam2_vidoe', which is near 'sam2_video'.*expected the architecture"
    with pytest.raises(SelectionError, match=message):
        parse_checkpoint(f"mine={tmp_path}")
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(
        SelectionError, match=r"has no readable config.json .* expected a folder that transformers saved"
    ):
        parse_checkpoint(f"mine={tmp_path}")


def test_weights_that_are_lacking_are_not_made_up(folders: dict[str, Path], tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    state = load_file(folders["Sam2"] / "model.safetensors")
    gone = sorted(key for key in state if key.startswith("mask_decoder.iou"))
    save_file({key: value for key, value in state.items() if key not in gone}, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text((folders["Sam2"] / "config.json").read_text())
    checkpoint = parse_checkpoint(f"mine={tmp_path}@Sam2")
    message = f"'mine' does not fit architecture 'Sam2': {len(gone)} missing .{gone[0]}"
    with pytest.raises(CheckpointError, match=message):
        load_model(checkpoint, device="cpu")
    (tmp_path / "model.safetensors").unlink()
    (tmp_path / "pytorch_model.bin").write_bytes(b"a pickle")
    with pytest.raises(CheckpointError, match=r"holds no \*.safetensors; expected weights in that form, which cannot"):
        load_model(checkpoint, device="cpu")


def test_a_single_file_is_not_enough_and_options_it_has_not_are_refused(folders: dict[str, Path]) -> None:
    file = folders["Sam2"] / "model.safetensors"
    with pytest.raises(
        CheckpointError, match=r"gives the file model.safetensors for 'Sam2'; expected a folder with conf"
    ):
        load_model(parse_checkpoint(f"mine={file}@Sam2"), device="cpu")
    with pytest.raises(SelectionError, match=r"asks for image_size=512, which architecture 'Sam2' does not have"):
        load_model(parse_checkpoint(f"mine={folders['Sam2']},image_size=512"), device="cpu")


def test_what_a_prompt_may_not_be_is_refused(load: Any) -> None:
    image = load("Sam2").image
    with pytest.raises(StrategyError, match=r"a mask prompt in image mode"):
        image.predict(image.embed(frame_of(SIZE_YX), clock=Clock()), PROMPTS["mask"][0], clock=Clock())
    with pytest.raises(StrategyError, match=r"no prompt on a video of 1 frames"):
        walk(load("Sam2Video"), [frame_of(SIZE_YX)], {})
