"""In tracking, SAM 2's candidates and memory window are those of the library, told the same by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.ndimage
import torch
from numpy.typing import NDArray
from PIL import Image
from sam2.modeling import sam2_base
from sam2.utils import misc

from bench_cases.errors import StrategyError
from bench_cases.models._sam2_video import Sam2Video
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock
from tests.model_examples import frame_of, load_untrained, prompt_of, with_objects

SIZE_YX = (160, 256)
N_FRAMES = 4

Masks = list[NDArray[np.bool_]]


class Scripted:
    """torch, as sam2_base sees it, with an argmax over candidates that reads from a script, then looks for itself."""

    def __init__(self, script: Sequence[int]) -> None:
        self.script = list(script)
        self.taken: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    def argmax(self, values: torch.Tensor, dim: int) -> torch.Tensor:
        index = torch.argmax(values, dim=dim)
        if self.script:
            index = torch.full_like(index, self.script.pop(0))
        self.taken.append(int(index))
        return index


@pytest.fixture(scope="module")
def segmenter() -> Sam2Video:
    """As in the published configurations: three candidates on tracked frames, pointers from their tokens."""
    video = with_objects(load_untrained("sam2_micro")).video
    assert isinstance(video, Sam2Video)
    video.module.multimask_output_for_tracking = True
    video.module.sam_mask_decoder.use_multimask_token_for_obj_ptr = True
    return video


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """JPEG files: the library reads no others."""
    folder = tmp_path_factory.mktemp("jpeg")
    for seed in range(N_FRAMES):
        Image.fromarray(frame_of(SIZE_YX, seed)).save(folder / f"{seed:05d}.jpg", quality=95)
    return folder


@pytest.fixture(scope="module")
def encoded(segmenter: Sam2Video, folder: Path) -> list[Any]:
    frames = [np.array(Image.open(path).convert("RGB")) for path in sorted(folder.iterdir())]
    return [segmenter.encode(frame, clock=Clock()) for frame in frames]


def library(module: Any, folder: Path, prompt: Prompt) -> Masks:
    state = module.init_state(str(folder))
    box = None if prompt.box_xyxy is None else np.array(prompt.box_xyxy, np.float32)
    points = np.array(prompt.points_xy, np.float32) if prompt.points_xy else None
    labels = np.array(prompt.labels, np.int32) if prompt.points_xy else None
    module.add_new_points_or_box(state, 0, 1, points=points, labels=labels, box=box)
    return [(logits[0, 0] > 0).numpy() for _, _, logits in module.propagate_in_video(state)]


def ours(segmenter: Sam2Video, encoded: list[Any], prompt: Prompt, **how: Any) -> Masks:
    walk = segmenter.propagate(encoded, {0: prompt}, size_yx=SIZE_YX, clock=Clock(), **how)
    return [prediction.mask_yx for prediction in walk]


def jaccard(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float((a & b).sum() / max((a | b).sum(), 1))


def by_hand(module: Any, folder: Path, prompt: Prompt, references: Masks, first: int) -> tuple[list[int], Masks]:
    """Try the three candidates of one frame after the other in the library, from `first` on, and keep the best."""
    script: list[int] = []
    masks: Masks = []
    for position in range(first, N_FRAMES):
        tried = []
        for index in range(3):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(sam2_base, "torch", Scripted([*script, index]))
                tried.append(library(module, folder, prompt))
        scores = [jaccard(masks[position], references[position]) for masks in tried]
        script.append(int(np.argmax(scores)))
        masks = tried[script[-1]]
    return script, masks


@pytest.mark.parametrize(("kind", "first"), [("point", 0), ("box", 1)])
def test_a_chooser_gives_what_the_library_gives_when_each_frames_best_candidate_is_taken_by_hand(
    segmenter: Sam2Video, folder: Path, encoded: list[Any], kind: str, first: int
) -> None:
    prompt = prompt_of(kind, SIZE_YX)
    own = library(segmenter.module, folder, prompt)
    # A reference that each candidate matches somewhere: half of the library's own mask, moved a little on each frame.
    references = [np.roll(mask, 9 * position, axis=1) for position, mask in enumerate(own)]
    for reference in references:
        reference[::2, :128] ^= True
    script, theirs = by_hand(segmenter.module, folder, prompt, references, first)
    taken: dict[int, int] = {}

    def choose(position: int, candidates: Sequence[NDArray[np.bool_]]) -> int:
        scores = [jaccard(mask, references[position]) for mask in candidates]
        taken[position] = int(np.argmax(scores))
        return taken[position]

    chosen = ours(segmenter, encoded, prompt, choice="confident", choose=choose)
    assert len(set(script)) > 1
    assert taken == dict(enumerate(script, start=first))  # a boxed frame has one mask, and is not asked about
    for mine, his in zip(chosen, theirs, strict=True):
        np.testing.assert_array_equal(mine, his)


def components_of(mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Label ``(N, 1, Y, X)`` and give each pixel its component's area: what the library's CUDA extension does."""
    labels, areas = np.zeros(mask.shape, np.int64), np.zeros(mask.shape, np.int64)
    for index, plane in enumerate(mask[:, 0].numpy()):
        labels[index, 0], _ = scipy.ndimage.label(plane, np.ones((3, 3)))
        areas[index, 0] = np.bincount(labels[index, 0].ravel())[labels[index, 0]]
    return torch.from_numpy(labels), torch.from_numpy(areas)


@pytest.mark.parametrize("fill_hole_area", [0, 1000])
def test_what_is_chosen_is_the_result_and_what_later_frames_remember(
    segmenter: Sam2Video, encoded: list[Any], fill_hole_area: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(segmenter.module, "fill_hole_area", fill_hole_area)
    monkeypatch.setattr(misc, "get_connected_components", components_of)
    prompt = prompt_of("point", SIZE_YX)
    shown: list[Masks] = []

    def take(index: int) -> Callable[[int, Sequence[NDArray[np.bool_]]], int]:
        def choose(position: int, candidates: Sequence[NDArray[np.bool_]]) -> int:
            shown[-1].append(candidates[index if position == 0 else 0])
            return index if position == 0 else 0

        return choose

    walks = []
    for index in range(3):
        shown.append([])
        walks.append(ours(segmenter, encoded, prompt, choose=take(index)))
        for mask, candidate in zip(walks[-1], shown[-1], strict=True):
            np.testing.assert_array_equal(mask, candidate)
    assert not all(np.array_equal(walks[0][-1], walk[-1]) for walk in walks[1:])
    monkeypatch.setattr(segmenter.module, "fill_hole_area", 0)
    unfilled = ours(segmenter, encoded, prompt, choose=lambda position, masks: 1)  # noqa: ARG005
    assert (fill_hole_area == 0) == np.array_equal(walks[1][0], unfilled[0])


@pytest.mark.parametrize("choice", ["single", "confident"])
def test_without_a_say_the_most_confident_candidate_is_taken_as_in_the_library(
    segmenter: Sam2Video, folder: Path, encoded: list[Any], choice: str
) -> None:
    prompt = prompt_of("point", SIZE_YX)
    theirs = library(segmenter.module, folder, prompt)
    for how in ({"choice": choice}, {"choice": choice, "choose": lambda position, masks: None}):  # noqa: ARG005
        for mine, his in zip(ours(segmenter, encoded, prompt, **how), theirs, strict=True):
            np.testing.assert_array_equal(mine, his)


def test_one_candidate_is_nothing_to_choose_from(encoded: list[Any]) -> None:
    video = with_objects(load_untrained("sam2_micro")).video
    assert isinstance(video, Sam2Video)  # as it ships: candidates on a frame with one point, and nowhere else
    asked: list[int] = []

    def choose(position: int, candidates: Sequence[NDArray[np.bool_]]) -> int:
        assert len(candidates) == 3
        asked.append(position)
        return 2

    for kind in ("box", "point", "composite"):
        ours(video, encoded, prompt_of(kind, SIZE_YX), choose=choose)
    assert asked == [0]


# ------------------------------------------------------------------------------------------------ memory


def with_loud_code() -> Sam2Video:
    """An untrained network, the same each time, whose temporal code is large enough to change masks."""
    video = with_objects(load_untrained("sam2_micro")).video
    assert isinstance(video, Sam2Video)
    with torch.no_grad():
        video.module.maskmem_tpos_enc.mul_(40)
    return video


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_a_shorter_memory_is_the_library_with_as_many_frames_and_each_rows_own_code(
    folder: Path, encoded: list[Any], frames: int
) -> None:
    prompt, whole, short = prompt_of("composite", SIZE_YX), with_loud_code(), with_loud_code()
    before = {name: value.clone() for name, value in whole.module.state_dict().items()}
    mine = ours(whole.with_memory(frames), encoded, prompt)
    rows = short.module.maskmem_tpos_enc
    # One step back is row 0, two steps row 1; the last row is that of prompted frames.
    short.module.maskmem_tpos_enc = torch.nn.Parameter(rows[[*range(frames - 1), 2]])
    short.module.num_maskmem = frames
    for a, b in zip(mine, library(short.module, folder, prompt), strict=True):
        np.testing.assert_array_equal(a, b)
    unbound = ours(whole, encoded, prompt)
    assert (frames == 3) == all(np.array_equal(a, b) for a, b in zip(mine, unbound, strict=True))
    assert whole.module.num_maskmem == 3
    assert all(torch.equal(value, before[name]) for name, value in whole.module.state_dict().items())


@pytest.mark.parametrize("frames", [0, 4])
def test_a_memory_longer_than_its_code_is_refused_with_the_bound(segmenter: Sam2Video, frames: int) -> None:
    with pytest.raises(StrategyError, match=rf"a memory of {frames} frames; expected 1 .* to 3, .* has 3 rows"):
        segmenter.with_memory(frames)
