"""The script that holds micro checkpoints to their bars encodes a frame once for all targets, and scores the same."""

import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench_cases import registry
from bench_cases.cases import Case
from bench_cases.runner import Runner
from bench_cases.settings import RunSettings
from bench_cases.timing import Clock
from tests.fakes import BarDataset, BrightSegmenter, checkpoint, loaded

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "reports" / "micro_bars.py"))
EncodedOnce = SCRIPT["EncodedOnce"]


def scored(segmenter, wrapped):
    """Return the scores of two targets of a volume."""
    model = loaded(segmenter, "one")
    cases = [Case(f"bars:{target}", "a", "one", "every.composite") for target in ("bar", "left")]
    runner = Runner(
        selection=cases,
        settings=RunSettings(warmups=0),
        datasets={"bars": BarDataset()},
        checkpoints={"one": checkpoint("one")},
        rules=registry.prompt_rules(),
        load_model=lambda _: replace(model, image=EncodedOnce(segmenter)) if wrapped else model,
    )
    return [runner.outcome(case).result.scores for case in cases]


def test_targets_of_a_volume_share_what_the_encoder_gave_and_score_the_same():
    plain, once = BrightSegmenter(), BrightSegmenter()
    assert scored(plain, wrapped=False) == scored(once, wrapped=True)
    assert (plain.encoder_runs, once.encoder_runs) == (10, 3), "of five slices with the target three differ"
    assert plain.predictions == once.predictions


def test_frames_of_equal_bytes_and_another_shape_are_other_frames_and_no_more_are_held_than_agreed():
    segmenter = BrightSegmenter()
    held = EncodedOnce(segmenter)
    for shape in ((2, 3, 3), (3, 2, 3), (2, 3, 3)):
        assert held.embed(np.zeros(shape, np.uint8), clock=Clock()).frame.shape == shape
    assert segmenter.encoder_runs == 2
    for grey in range(1, SCRIPT["HELD_FRAMES"]):
        held.embed(np.full((2, 3, 3), grey, np.uint8), clock=Clock())
    before = segmenter.encoder_runs
    held.embed(np.zeros((2, 3, 3), np.uint8), clock=Clock())
    assert segmenter.encoder_runs == before + 1, "the oldest made room"


@pytest.fixture
def held_out(monkeypatch):
    for shape in ("square", "cropped"):
        monkeypatch.setitem(SCRIPT["SHAPES_YX"], shape, (64, 64))
    monkeypatch.setitem(SCRIPT["SHAPES_YX"], "low", (48, 64))
    return {name: SCRIPT["HeldOut"](name=name, volumes=1) for name in SCRIPT["SHAPES_YX"]}


@pytest.mark.parametrize("name", ["square", "cropped", "low"])
def test_a_held_out_phantom_is_the_same_for_each_target(held_out, name):
    (volume,) = held_out[name].volume_ids()
    one, other = (held_out[name].load(volume, target) for target in ("heart", "lungs"))
    assert (one.image_zyx == other.image_zyx).all()
    assert one.labels_zyx.any()
    assert other.labels_zyx.any()
    assert not (one.reference_zyx & other.reference_zyx).any()


def test_a_cropped_frame_has_the_square_ones_pixels_and_all_of_the_target(held_out):
    (volume,) = held_out["square"].volume_ids()
    square, cropped = (held_out[name].load(volume, "lungs") for name in ("square", "cropped"))
    height, width = cropped.size_yx
    assert height < width == square.size_yx[1]
    (top,) = (y for y in range(64 - height + 1) if (square.image_zyx[:, y : y + height] == cropped.image_zyx).all())
    assert (
        square.reference_zyx[:, top : top + height].sum() == square.reference_zyx.sum() == cropped.reference_zyx.sum()
    )
