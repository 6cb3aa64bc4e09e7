"""The threshold baseline: what it paints can be worked out by hand, and its row never decides a run."""

from __future__ import annotations

import io

import numpy as np
import pytest
from rich.console import Console

from bench_cases.cases import BASELINE, Case, is_baseline
from bench_cases.contracts import ImageSegmenter, VideoSegmenter
from bench_cases.errors import StrategyError
from bench_cases.floors import NO_FLOOR, Floors
from bench_cases.models._threshold import REACH_PX, Rule, otsu, resized, rule_of
from bench_cases.models.baseline_threshold import BACKEND, CHECKPOINTS, ThresholdImage, ThresholdVideo
from bench_cases.models.loading import load_model
from bench_cases.prompt import Prompt
from bench_cases.report import table
from bench_cases.timing import Clock

SIZE_YX = (24, 32)


def lungs(*, shift: int = 0) -> np.ndarray:
    """Two dark rectangles in a bright body on a dark ground; the left one has a bright vessel in it."""
    grey = np.full(SIZE_YX, 10, np.uint8)
    grey[2:22, 2:30] = 180
    grey[6:18, 5 + shift : 13 + shift] = 30
    grey[6:18, 19:27] = 30
    grey[10:12, 8 + shift : 10 + shift] = 200
    return np.repeat(grey[..., None], 3, axis=2)


LEFT = np.zeros(SIZE_YX, bool)
LEFT[6:18, 5:13] = True
RIGHT = np.zeros(SIZE_YX, bool)
RIGHT[6:18, 19:27] = True
BOX = (5.0, 6.0, 26.0, 17.0)


def mask_of(prompt: Prompt, choice=0) -> np.ndarray:
    image = ThresholdImage()
    return image.predict(image.embed(lungs(), clock=Clock()), prompt, choice=choice, clock=Clock()).mask_yx


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        (Prompt(size_yx=SIZE_YX, points_xy=((7, 8),), labels=(1,)), LEFT),
        (Prompt(size_yx=SIZE_YX, box_xyxy=BOX, points_xy=((7, 8), (22, 10), (16, 12)), labels=(1, 1, 0)), LEFT | RIGHT),
        (Prompt(size_yx=SIZE_YX, box_xyxy=BOX, points_xy=((7, 8),), labels=(1,)), LEFT),
        (Prompt(size_yx=SIZE_YX, box_xyxy=(3, 4, 28, 19)), LEFT | RIGHT),
        (Prompt(size_yx=SIZE_YX, box_xyxy=(3, 4, 28, 19), points_xy=((7, 8),), labels=(0,)), RIGHT),
    ],
    ids=["a point", "box and points", "box and one point", "a box", "a box and a negative point"],
)
def test_it_keeps_the_components_that_the_prompt_asks_for(prompt: Prompt, expected: np.ndarray) -> None:
    np.testing.assert_array_equal(mask_of(prompt), expected)
    holes = LEFT & (lungs()[..., 0] > 100)
    np.testing.assert_array_equal(mask_of(prompt, choice=1), expected & ~holes)


def test_a_negative_point_takes_away_only_what_no_positive_point_names() -> None:
    # `composite` on one lung: a point in it, and a negative one at the centre of its box, which is in it too.
    box = (5.0, 6.0, 12.0, 17.0)
    inside = Prompt(size_yx=SIZE_YX, box_xyxy=box, points_xy=((6, 8), (8, 14)), labels=(1, 0))
    np.testing.assert_array_equal(mask_of(inside), LEFT)
    both = Prompt(size_yx=SIZE_YX, box_xyxy=BOX, points_xy=((7, 8), (22, 10), (22, 14)), labels=(1, 1, 0))
    np.testing.assert_array_equal(mask_of(both), LEFT | RIGHT)
    one = Prompt(size_yx=SIZE_YX, box_xyxy=BOX, points_xy=((7, 8), (22, 10)), labels=(1, 0))
    np.testing.assert_array_equal(mask_of(one), LEFT)


def test_the_threshold_is_otsus() -> None:
    from skimage.filters import threshold_otsu

    rng = np.random.default_rng(0)
    grey = np.concatenate([rng.normal(60, 12, 900), rng.normal(150, 20, 500)]).clip(0, 255).astype(np.uint8)
    assert otsu(grey) == threshold_otsu(grey)
    assert otsu(np.full(5, 7, np.uint8)) == 0  # nothing to split


def test_a_mask_prompt_gives_threshold_and_side() -> None:
    assert rule_of(lungs()[..., 0], Prompt(size_yx=SIZE_YX, mask_yx=RIGHT)).dark
    grey = lungs()[..., 0]
    rule = rule_of(grey, Prompt(size_yx=SIZE_YX, mask_yx=grey == 200))
    assert not rule.dark


def test_in_a_video_the_structure_is_followed_and_frames_before_the_prompt_stay_empty() -> None:
    video = ThresholdVideo()
    frames = [video.encode(lungs(shift=shift), clock=Clock()) for shift in (0, 0, 1, 2)]
    prompt = Prompt(size_yx=SIZE_YX, points_xy=((7, 8),), labels=(1,))
    clock = Clock()
    masks = [it.mask_yx for it in video.propagate(frames, {1: prompt}, size_yx=SIZE_YX, clock=clock)]
    assert not masks[0].any()
    for shift, mask in zip((0, 1, 2), masks[1:], strict=True):
        np.testing.assert_array_equal(mask, np.roll(LEFT, shift, axis=1))
    assert {stage: len(samples) for stage, samples in clock.drain().items()} == {"propagate": 4, "to_host": 4}


def test_growth_from_slice_to_slice_is_bounded_and_what_is_gone_stays_gone() -> None:
    from bench_cases.models._threshold import carried

    last = np.zeros((5, 60), bool)
    last[:, :10] = True
    everything = np.full((5, 60), 9, np.uint8)
    assert carried(everything, last, Rule(100, dark=True)).any(axis=0).sum() == 10 + REACH_PX
    assert not carried(everything, np.zeros((5, 60), bool), Rule(100, dark=True)).any()
    assert resized(last, (10, 30)).sum() == 10 * 5


def test_what_it_cannot_take_is_refused() -> None:
    image = ThresholdImage()
    embedding = image.embed(lungs(), clock=Clock())
    prompt = Prompt(size_yx=SIZE_YX, box_xyxy=BOX)
    with pytest.raises(StrategyError, match="a mask prompt in image mode"):
        image.predict(embedding, Prompt(size_yx=SIZE_YX, mask_yx=LEFT), clock=Clock())
    with pytest.raises(StrategyError, match="candidate 2 was asked for; expected a number from 0 to 1"):
        image.predict(embedding, prompt, choice=2, clock=Clock())  # type: ignore[arg-type]
    with pytest.raises(StrategyError, match="no prompt on a video of 1 frames"):
        ThresholdVideo().propagate([embedding], {}, size_yx=SIZE_YX, clock=Clock())
    with pytest.raises(TypeError, match="masks of type str; expected what decode"):
        image.mask_of("a mask", clock=Clock())  # type: ignore[arg-type]


def test_it_is_a_model_like_any_other_and_its_digest_is_that_of_its_source() -> None:
    model = load_model(CHECKPOINTS[0], device="cpu")
    assert isinstance(model.image, ImageSegmenter)
    assert isinstance(model.video, VideoSegmenter)
    assert len(model.weights_sha256) == 64
    assert (CHECKPOINTS[0].prompts, CHECKPOINTS[0].modes) == (BACKEND.prompts("threshold"), BACKEND.modes("threshold"))


def test_a_baseline_has_a_floor_only_where_an_entry_names_it(tmp_path) -> None:
    file = tmp_path / "floors.toml"
    file.write_text("[[volume]]\ndice = 1.0\njaccard = 1.0\n")
    case = Case("d", "v", "baseline_threshold", "every.box")
    assert is_baseline(case.model)
    assert Floors.read(file).for_volume(case) is NO_FLOOR
    assert Floors.read(file).for_volume(case._replace(model="sam_vit_b")).dice == 1.0
    file.write_text('[[volume]]\nmodel = "baseline_*"\ndice = 0.5\njaccard = 0.5\n')
    assert Floors.read(file).for_volume(case).dice == 0.5


def test_its_row_is_marked_and_explained() -> None:
    from bench_cases.cases import CaseResult
    from bench_cases.report.summary import summarise

    rows = summarise([CaseResult(case=Case("d", "v", "baseline_threshold", "every.box"), status="passed")])
    out = io.StringIO()
    Console(width=160, file=out).print(table.render(rows))
    text = out.getvalue()
    assert "baseline_threshold BASELINE" in text
    assert BASELINE in text
