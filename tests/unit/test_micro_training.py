"""The recipe: samples show what they claim, one step learns something, a resumed run equals one that never stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench_cases.models.micro.cache import PhantomCache, TrainingVolume
from bench_cases.models.micro.clips import draw_clip
from bench_cases.models.micro.loop import Budget, Trainer, learning_rate
from bench_cases.models.micro.prompt_rules import TrainingPrompt, composite, draw_prompt, inside_point
from bench_cases.models.micro.samples import draw_slice, parts_of
from bench_cases.models.micro.train import build
from bench_cases.models.micro.train_image import StepResult, sam2_image_step, sam_step
from bench_cases.models.micro.train_video import clip_step
from bench_cases.phantoms import TRAINING_SEEDS, Organ, generate
from bench_cases.prompting._inside import inside_point as benchmark_inside_point

STEPS: dict[str, Any] = {
    "sam": lambda m, c, r: sam_step(m, c, r, slices=1, prompts_each=2),
    "sam2": lambda m, c, r: sam2_image_step(m, c, r, slices=1, prompts_each=2),
    "sam2-clip": lambda m, c, r: clip_step(m, c, r, 0.0, clips=1),
}


@pytest.fixture(scope="module")
def cache() -> PhantomCache:
    phantoms = [generate(TRAINING_SEEDS[k], shape_zyx=(20, 96, 128)) for k in range(2)]
    areas = [[np.bincount(s.ravel(), minlength=len(Organ)) for s in p.labels_zyx] for p in phantoms]
    volumes = tuple(TrainingVolume(image_zyx=p.image_zyx, tissues_zyx=p.tissues_zyx) for p in phantoms)
    return PhantomCache(volumes=volumes, areas_vzo=np.array(areas, np.int32))


@pytest.fixture(autouse=True)
def _one_thread() -> Any:
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("padded", [True, False])
def test_samples_are_whole_numbers_and_show_their_target(cache: PhantomCache, padded: bool) -> None:
    rng = np.random.default_rng(1)
    for _ in range(12):
        frames, target = draw_slice(cache, rng, padded=padded)
        pixels = frames.pixels_nyx
        assert pixels.shape == (1, 256, 256)
        assert pixels.min() >= 0
        assert pixels.max() <= 255
        assert np.array_equal(pixels, np.floor(pixels))
        assert parts_of(frames.organs_nyx[0], target)
        height, width = frames.size_yx
        assert not pixels[0, height:].any()
        assert not pixels[0, :, width:].any()


def test_clips_start_on_a_frame_that_shows_the_target(cache: PhantomCache) -> None:
    rng = np.random.default_rng(2)
    clips = [draw_clip(cache, rng, 5) for _ in range(12)]
    assert all(len(clip.targets_nyx) == 5 and clip.targets_nyx[0].any() for clip in clips)
    assert any(not clip.targets_nyx[-1].any() for clip in clips)
    assert {len(clip.frames) for clip in clips} == {1, 2}


@pytest.mark.parametrize("seed", range(25))
def test_the_inside_rule_is_the_benchmarks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((14, 17)) < rng.uniform(0.05, 0.7)
    mask[rng.integers(14), rng.integers(17)] = True
    assert inside_point(mask) == benchmark_inside_point(mask)


def test_the_composite_prompt_has_a_box_a_point_a_part_and_a_negative_in_the_middle() -> None:
    left, right = np.zeros((20, 30), bool), np.zeros((20, 30), bool)
    left[5:15, 2:10], right[4:14, 18:28] = True, True
    prompt = composite([left, right])
    assert prompt.box_xyxy is not None
    assert prompt.box_xyxy.tolist() == [2, 4, 27, 14]
    assert prompt.labels.tolist() == [1, 1, 0]
    assert prompt.points_xy[-1].tolist() == [14.5, 9]
    points, labels = prompt.joined()
    assert labels.tolist() == [2, 3, 1, 1, 0]
    assert points[:2].tolist() == [[2, 4], [27, 14]]


def test_two_parts_never_get_a_single_point_alone() -> None:
    rng = np.random.default_rng(5)
    left, right = np.zeros((40, 60), bool), np.zeros((40, 60), bool)
    left[5:30, 5:20], right[5:30, 40:55] = True, True
    prompts: list[TrainingPrompt] = [draw_prompt([left, right], rng) for _ in range(200)]
    assert all(p.box_xyxy is not None or p.labels.sum() >= 2 for p in prompts)


@pytest.mark.parametrize("name", STEPS)
def test_one_step_trains_the_model(name: str, cache: PhantomCache) -> None:
    model = build(name.partition("-")[0], 0)
    result = STEPS[name](model, cache, np.random.default_rng(0))
    result.loss.backward()
    gradients = {k: p.grad for k, p in model.named_parameters() if p.grad is not None}
    assert np.isfinite(float(result.loss.detach()))
    assert any("image_encoder" in k for k in gradients)
    assert any("memory_attention" in k for k in gradients) == (name == "sam2-clip")


def test_a_resumed_run_ends_where_an_unbroken_one_does(tmp_path: Path, cache: PhantomCache) -> None:
    import torch

    def step(model: Any, rng: np.random.Generator, progress: float) -> StepResult:
        del progress
        result: StepResult = STEPS["sam"](model, cache, rng)
        return result

    def trainer(folder: str) -> Trainer:
        return Trainer(build("sam", 1), step, out=tmp_path / folder, name="sam_micro", seed=1)

    whole = trainer("whole")
    whole.run(Budget(steps=4, minutes=None))
    stopped = trainer("stopped")
    for progress in (0.0, 0.25):
        stopped._advance(progress)
    stopped.save()
    resumed = trainer("stopped")
    assert resumed.resume()
    assert resumed.step == 2
    resumed.run(Budget(steps=4, minutes=None))
    one, two = (torch.load(tmp_path / f / "state.pt", weights_only=True) for f in ("whole", "stopped"))
    assert one["rng"] == two["rng"]
    for part in ("model", "average"):
        assert all(torch.equal(one[part][k], two[part][k]) for k in one[part])


def test_a_folder_without_a_state_has_nothing_to_resume(tmp_path: Path) -> None:
    model = build("sam", 0)
    assert not Trainer(model, lambda *_: None, out=tmp_path, name="x", seed=0).resume()  # type: ignore[arg-type]


def test_the_rate_warms_up_and_ends_at_one_percent() -> None:
    assert learning_rate(0, 0.0) < learning_rate(99, 0.0)
    assert learning_rate(5000, 1.0) == pytest.approx(0.01 * learning_rate(99, 0.0))


def test_budgets_count_steps_or_minutes() -> None:
    assert Budget(steps=10, minutes=None).progress(5, 1e9) == 0.5
    assert Budget(steps=None, minutes=2).progress(10**9, 60) == 0.5
