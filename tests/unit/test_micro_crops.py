"""The phase on frames cut to the body: what is cut, what is compared with what, and who learns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench_cases.models.micro.architectures import SAM_MICRO_WEIGHTS, build_sam_micro
from bench_cases.models.micro.cache import PhantomCache, TrainingVolume
from bench_cases.models.micro.crops import crop_step, cut, load_teacher, unlikeness
from bench_cases.models.micro.focus import CROPS
from bench_cases.models.micro.frames import Frames
from bench_cases.models.micro.loop import STATE
from bench_cases.models.micro.poses import TOKEN
from bench_cases.models.micro.train import main
from bench_cases.models.micro.weights import load_weights
from bench_cases.phantoms import TRAINING_SEEDS, Organ, generate

SIDE, FIRST, END = 384, 100, 290


@pytest.fixture(scope="module")
def cache() -> PhantomCache:
    phantom = generate(TRAINING_SEEDS[0], shape_zyx=(20, 128, 128))
    areas = [[np.bincount(s.ravel(), minlength=len(Organ)) for s in phantom.labels_zyx]]
    volume = TrainingVolume(image_zyx=phantom.image_zyx, tissues_zyx=phantom.tissues_zyx)
    return PhantomCache(volumes=(volume,), areas_vzo=np.array(areas, np.int32))


def whole() -> Frames:
    pixels = np.random.default_rng(0).integers(1, 256, (1, SIDE, SIDE)).astype(np.float32)
    organs = np.zeros((1, SIDE, SIDE), np.uint8)
    organs[0, FIRST:END] = Organ.HEART
    return Frames(
        pixels_nyx=pixels, organs_nyx=organs, size_yx=(SIDE, SIDE), body_rows=(FIRST, END), body_columns=(0, SIDE)
    )


@pytest.mark.parametrize("seed", range(8))
def test_a_cut_frame_holds_the_body_at_the_top_of_the_canvas(seed: int) -> None:
    before = whole()
    after, above = cut(before, np.random.default_rng(seed))
    height, top = after.size_yx[0], above * TOKEN
    assert 0 <= above <= FIRST // TOKEN
    assert after.size_yx[1] == SIDE
    assert np.array_equal(after.pixels_nyx[:, :height], before.pixels_nyx[:, top : top + height])
    assert not after.pixels_nyx[:, height:].any()
    assert after.body_rows == (FIRST - top, END - top)
    assert int((after.organs_nyx == Organ.HEART).sum()) == (END - FIRST) * SIDE


def test_half_of_the_cuts_leave_less_than_a_token_of_air() -> None:
    rng = np.random.default_rng(1)
    tight = [cut(whole(), rng)[0].body_rows[0] < TOKEN for _ in range(200)]
    assert 0.5 <= np.mean(tight) <= 0.7  # and of the others one in seven


def test_likeness_compares_the_tokens_of_the_same_pixels() -> None:
    wanted = torch.randn(2, 3, 8, 6, generator=torch.Generator().manual_seed(0))
    own = torch.zeros_like(wanted)
    own[0, :, 1:4] = wanted[0, :, 3:6]  # five rows are left of it; the first and the last see over the edge
    own[1, :, 1:7] = wanted[1, :, 1:7]
    rows = [(2, 5), (0, 8)]
    assert float(unlikeness(own, wanted, rows)) == 0
    spreads = torch.stack([wanted[0, :, 3:6].flatten(1).var(dim=1), wanted[1, :, 1:7].flatten(1).var(dim=1)])
    off = own + 0.5  # squared, a quarter of a unit at every token
    assert float(unlikeness(off, wanted, rows)) == pytest.approx(float((0.25 / spreads).mean()), rel=1e-5)


def test_the_model_learns_and_its_teacher_does_not(cache: PhantomCache) -> None:
    model, teacher = load_weights(build_sam_micro(), SAM_MICRO_WEIGHTS), load_teacher(SAM_MICRO_WEIGHTS)
    crop_step(model, teacher, cache, np.random.default_rng(3), slices=2, prompts_each=1, focus=CROPS).loss.backward()
    assert any(p.grad is not None and p.grad.any() for p in model.image_encoder.parameters())
    assert all(p.grad is None and not p.requires_grad for p in teacher.parameters())


@pytest.mark.parametrize("words", [["sam"], ["sam2", "--start-from", "weights.safetensors"]])
def test_the_phase_says_what_it_needs(words: list[str], tmp_path: Path, capsys: Any) -> None:
    with pytest.raises(SystemExit):
        main([*words, "--crops", "--out", str(tmp_path)])
    assert "Give: sam --crops --start-from FILE" in capsys.readouterr().err


@pytest.mark.parametrize("phase", ["crops", "places"])
def test_a_phase_with_a_teacher_asks_for_it_also_where_it_goes_on(phase: str, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / STATE).touch()
    with pytest.raises(SystemExit):
        main(["sam", f"--{phase}", "--out", str(tmp_path)])
    assert f"Give: sam --{phase} --start-from FILE" in capsys.readouterr().err
