"""The recipe: samples show what they claim, one step learns something, a resumed run equals one that never stopped."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench_cases.models.micro.cache import PhantomCache, TrainingVolume
from bench_cases.models.micro.clips import draw_clip
from bench_cases.models.micro.focus import BROAD, CROPS, FINISH, Focus
from bench_cases.models.micro.loop import Budget, Trainer, learning_rate
from bench_cases.models.micro.poses import SAM2_CANVAS, SAM_CANVAS, Canvas
from bench_cases.models.micro.prompt_rules import TrainingPrompt, composite, draw_prompt, inside_point
from bench_cases.models.micro.samples import draw_slice, parts_of
from bench_cases.models.micro.train import build, main, make_check, make_step
from bench_cases.models.micro.train_image import StepResult, sam2_image_step, sam_step
from bench_cases.models.micro.train_video import clip_step
from bench_cases.models.micro.weights import start_from
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


@pytest.mark.parametrize("canvas", [SAM_CANVAS, SAM2_CANVAS])
def test_samples_are_whole_numbers_and_show_their_target(cache: PhantomCache, canvas: Canvas) -> None:
    rng = np.random.default_rng(1)
    for _ in range(12):
        frames, target = draw_slice(cache, rng, canvas=canvas)
        pixels = frames.pixels_nyx
        assert pixels.shape == (1, canvas.side, canvas.side)
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


def test_the_finish_begins_once_on_the_weights_that_are_there(tmp_path: Path, cache: PhantomCache) -> None:
    def trainer() -> Trainer:
        step = make_step("sam", cache, "finish")
        return Trainer(build("sam", 1), step, out=tmp_path, name="sam_micro", seed=1, peak_rate=1e-4)

    first = trainer()
    first.step, first.elapsed_s = 500, 600.0
    first.begin("finish")
    assert (first.phase, first.step, first.elapsed_s) == ("finish", 500, 0.0)
    first.elapsed_s = 60.0
    first.save()
    again = trainer()
    again.resume()
    again.begin("finish")
    assert (again.phase, again.elapsed_s) == ("finish", 60.0)


@pytest.mark.parametrize("focus", [BROAD, *FINISH.values(), CROPS])
def test_the_shares_of_a_phase_leave_room(focus: Focus) -> None:
    assert sum(focus.slice_targets) == pytest.approx(1.0, abs=0.01)
    assert sum(focus.clip_targets) == pytest.approx(1.0, abs=0.05)
    assert focus.base + focus.apex <= 1
    assert focus.one_label + focus.composite <= 1


def test_the_finish_dwells_on_two_lungs_under_one_label() -> None:
    rng = np.random.default_rng(0)
    left, right = np.zeros((2, 64, 64), bool)
    left[20:40, 40:56] = right[20:40, 8:24] = True
    drawn = [draw_prompt([left, right], rng, FINISH["sam2"]) for _ in range(300)]
    one_label = [p for p in drawn if p.box_xyxy is not None and p.labels.tolist() == [1, 0]]
    assert 0.25 < len(one_label) / len(drawn) < 0.45


def test_a_folder_without_a_state_has_nothing_to_resume(tmp_path: Path) -> None:
    model = build("sam", 0)
    assert not Trainer(model, lambda *_: None, out=tmp_path, name="x", seed=0).resume()  # type: ignore[arg-type]


def test_the_rate_warms_up_and_ends_at_one_percent() -> None:
    assert learning_rate(0, 0.0, 1e-3) < learning_rate(99, 0.0, 1e-3) == pytest.approx(1e-3)
    assert learning_rate(5000, 1.0, 1e-3) == pytest.approx(1e-5)


def test_budgets_count_steps_or_minutes() -> None:
    assert Budget(steps=10, minutes=None).progress(5, 1e9) == 0.5
    assert Budget(steps=None, minutes=2).progress(10**9, 60) == 0.5


def test_held_out_dice_is_shown_when_the_state_is_saved(
    tmp_path: Path, cache: PhantomCache, capsys: pytest.CaptureFixture[str]
) -> None:
    def step(model: Any, rng: np.random.Generator, progress: float) -> StepResult:
        del progress
        result: StepResult = STEPS["sam"](model, cache, rng)
        return result

    trainer = Trainer(build("sam", 1), step, out=tmp_path, name="sam_micro", seed=1, check=lambda _: 0.25)
    trainer.run(Budget(steps=1, minutes=None), show_every_s=0)
    shown = capsys.readouterr().out
    assert "sam_micro step 1 loss" in shown
    assert "held-out Dice 0.2500" in shown
    assert (tmp_path / "sam_micro.safetensors").exists()


@pytest.fixture
def _small_phantoms(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("cache", "evaluate"):
        for shape in ("SQUARE_ZYX", "WIDE_ZYX"):
            monkeypatch.setattr(f"bench_cases.models.micro.{module}.{shape}", (20, 96, 128))


@pytest.mark.usefixtures("_small_phantoms")
def test_the_quick_check_scores_an_untrained_model_low() -> None:
    assert 0 <= make_check("sam")(build("sam", 0).eval()) < 0.6


@pytest.mark.usefixtures("_small_phantoms")
def test_the_command_line_trains_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench_cases.models.micro.train.sam_step", partial(sam_step, slices=1, prompts_each=1))
    monkeypatch.setattr("bench_cases.models.micro.train.make_check", lambda _: lambda _: 0.5)
    arguments = ["sam", "--out", str(tmp_path), "--phantoms", "1", "--seed", "3"]
    main([*arguments, "--steps", "1"])
    main([*arguments, "--steps", "2"])
    assert {"phantoms", "sam_micro.safetensors", "state.pt"} <= {p.name for p in tmp_path.iterdir()}
    assert not list(tmp_path.rglob("*.part"))


def test_weights_of_another_image_size_are_gone_on_from(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import save_file

    trained = build("sam", 3)
    state = dict(trained.state_dict())
    positions = state["image_encoder.pos_embed"]
    state["image_encoder.pos_embed"] = positions[:, ::3, ::3].contiguous()
    relative = state["image_encoder.blocks.0.attn.rel_pos_h"]
    state["image_encoder.blocks.0.attn.rel_pos_h"] = relative[:15].contiguous()
    save_file(state, tmp_path / "small.safetensors")
    model = build("sam", 4)
    start_from(model, tmp_path / "small.safetensors")
    found = model.state_dict()
    assert found["image_encoder.pos_embed"].shape == positions.shape
    table = found["image_encoder.blocks.0.attn.rel_pos_h"]
    assert torch.equal(table[[0, -1]], relative[[0, 14]])  # the farthest offsets stay the farthest
    untouched = "mask_decoder.iou_token.weight"
    assert torch.equal(found[untouched], state[untouched])


def test_a_finish_without_anything_to_go_on_from_says_what_to_give(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["sam", "--out", str(tmp_path), "--steps", "1", "--phantoms", "1", "--finish"])
    assert "or give weights with --start-from" in capsys.readouterr().err
