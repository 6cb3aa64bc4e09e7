"""The last phase of the recipe: the same body elsewhere in the frame, and an encoder that stays as it is."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from bench_cases.models.micro.architectures import SAM2_MICRO_WEIGHTS, SAM_MICRO_WEIGHTS
from bench_cases.models.micro.frames import Frames
from bench_cases.models.micro.places import MOST_LEFT, cut, lay_elsewhere, moved
from bench_cases.models.micro.train import main
from bench_cases.models.micro.train_image import sam2_image_step, sam_step
from bench_cases.phantoms import Organ

SIDE, ROWS, COLUMNS = 64, (20, 48), (10, 50)
HEART = slice(30, 40), slice(16, 28)


def whole() -> Frames:
    """Two slices of a bright body in dark air, with a heart; every pixel of the body is another."""
    pixels, organs = np.zeros((2, SIDE, SIDE), np.float32), np.zeros((2, SIDE, SIDE), np.uint8)
    body = np.random.default_rng(0).permutation(28 * 40).reshape(28, 40) / 5 + 30
    pixels[:, slice(*ROWS), slice(*COLUMNS)] = body
    organs[(slice(None), *HEART)] = Organ.HEART
    return Frames(pixels_nyx=pixels, organs_nyx=organs, size_yx=(SIDE, SIDE), body_rows=ROWS, body_columns=COLUMNS)


def body_of(frames: Frames) -> np.ndarray:
    """Return the pixels within the extent that the frames give for their body."""
    return frames.pixels_nyx[:, slice(*frames.body_rows), slice(*frames.body_columns)]


def heart_of(frames: Frames) -> tuple[int, int, int, int]:
    """Return the first and the last row and column of the heart, less those of the body."""
    rows, columns = (np.flatnonzero((frames.organs_nyx[0] == Organ.HEART).any(axis=axis)) for axis in (1, 0))
    top, left = frames.body_rows[0], frames.body_columns[0]
    return int(rows[0]) - top, int(rows[-1]) - top, int(columns[0]) - left, int(columns[-1]) - left


@pytest.mark.parametrize("seed", range(8))
def test_a_moved_body_is_the_same_elsewhere(seed: int) -> None:
    before, after = whole(), moved(whole(), np.random.default_rng(seed))
    assert after.square
    assert np.array_equal(body_of(after), body_of(before))
    assert heart_of(after) == heart_of(before)
    assert np.array_equal(np.sort(after.pixels_nyx, axis=None), np.sort(before.pixels_nyx, axis=None))


def test_a_body_gets_to_every_edge() -> None:
    rng = np.random.default_rng(0)
    rows, columns = zip(
        *[(it.body_rows, it.body_columns) for it in (moved(whole(), rng) for _ in range(400))], strict=True
    )
    assert {min(first for first, _ in rows), max(end for _, end in rows)} == {0, SIDE}
    assert {min(first for first, _ in columns), max(end for _, end in columns)} == {0, SIDE}


@pytest.mark.parametrize("rows", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_a_cut_frame_is_laid_at_the_top_left_of_a_padded_canvas(seed: int, rows: bool) -> None:
    before, after = whole(), cut(whole(), np.random.default_rng(seed), rows=rows, padded=True)
    height, width = after.size_yx
    assert (width, height)[rows] <= SIDE == (height, width)[rows]
    assert np.array_equal(body_of(after), body_of(before))
    assert heart_of(after) == heart_of(before)
    assert not after.pixels_nyx[:, height:].any()
    assert not after.pixels_nyx[:, :, width:].any()


@pytest.mark.parametrize("rows", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_a_cut_frame_is_stretched_over_the_whole_canvas_that_pads_nothing(seed: int, rows: bool) -> None:
    before, after = whole(), cut(whole(), np.random.default_rng(seed), rows=rows, padded=False)
    assert after.square
    extents, others = (after.body_rows, after.body_columns)[:: 1 if rows else -1]
    assert others == (COLUMNS if rows else ROWS)
    factor = (extents[1] - extents[0]) / ((ROWS if rows else COLUMNS)[1] - (ROWS if rows else COLUMNS)[0])
    assert factor >= 1
    hearts = [int((it.organs_nyx == Organ.HEART).sum()) for it in (before, after)]
    assert hearts[1] == pytest.approx(hearts[0] * factor, rel=0.2)
    assert after.organs_nyx.max() == Organ.HEART
    air = np.ones_like(after.pixels_nyx, bool)
    air[:, slice(*after.body_rows), slice(*after.body_columns)] = False
    assert float(after.pixels_nyx[air].mean()) < 5  # what bilinear interpolation blurs over the body's edge


def test_half_of_the_cuts_leave_little_air() -> None:
    rng = np.random.default_rng(2)
    left = [cut(whole(), rng, rows=True, padded=True).body_rows[0] for _ in range(300)]
    assert max(left) == ROWS[0]
    assert 0.5 <= np.mean(np.array(left) <= int(MOST_LEFT * SIDE)) <= 0.7


def test_frames_are_cut_and_moved() -> None:
    rng = np.random.default_rng(3)
    drawn = [lay_elsewhere(whole(), rng, padded=True) for _ in range(100)]
    shapes = {("square" if it.square else "low" if it.size_yx[0] < SIDE else "narrow") for it in drawn}
    assert shapes == {"square", "low", "narrow"}


@pytest.mark.parametrize(("name", "weights"), [("sam", SAM_MICRO_WEIGHTS), ("sam2", SAM2_MICRO_WEIGHTS)])
def test_the_phase_trains_the_decoder_and_leaves_the_encoder(
    name: str, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors.torch import load_file

    for shape in ("SQUARE_ZYX", "WIDE_ZYX"):
        monkeypatch.setattr(f"bench_cases.models.micro.cache.{shape}", (20, 96, 128))
    monkeypatch.setattr("bench_cases.models.micro.train.make_check", lambda _: None)
    monkeypatch.setattr("bench_cases.models.micro.train.LATER_CLIP_SHARE", {"places": 0})
    for step in (sam_step, sam2_image_step):
        quick = partial(step, slices=1, prompts_each=1)
        monkeypatch.setattr(f"bench_cases.models.micro.train.{step.__name__}", quick)
    words = [name, "--places", "--steps", "2", "--phantoms", "1", "--start-from", str(weights)]
    main([*words, "--out", str(tmp_path)])
    before, after = load_file(weights), load_file(tmp_path / f"{name}_micro.safetensors")
    changed = {key.split(".")[0] for key in before if not (before[key] == after[key]).all()}
    assert any("mask_decoder" in part for part in changed)
    assert "image_encoder" not in changed


def test_the_phase_needs_weights_to_go_on_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["sam2", "--places", "--steps", "1", "--phantoms", "1", "--out", str(tmp_path)])
    assert "--places found no state.pt in --out" in capsys.readouterr().err
