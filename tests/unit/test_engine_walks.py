"""Walks of a video model other than slice by slice: through frames in between, by similarity, with a shorter memory."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from bench_cases import registry
from bench_cases.datasets.folder import FolderDataset
from bench_cases.engine.foreign_seed import ForeignSeed
from bench_cases.engine.order import by_similarity, thumbnail
from bench_cases.engine.passes import plan
from bench_cases.engine.segment import EngineSettings, segment
from bench_cases.engine.segmentation import Segmentation
from bench_cases.errors import DataError, StrategyError
from bench_cases.frames import FrameSequence, jpeg_round_trip
from bench_cases.prompt import Prompt
from bench_cases.prompting.strategy import parse
from bench_cases.selection import Wishes, select
from bench_cases.volume import Volume
from tests.fakes import BarDataset, BrightSegmenter, bar_volume, checkpoint, loaded

RULES = registry.prompt_rules()


def graded_volume(*corners, **facts):
    """Slices that are frames already (0 and 255 occur in each), told apart by the grey value of their corner."""
    image = np.zeros((len(corners), 12, 16), np.uint8)
    image[:, 4:8, 5:11] = 255
    image[:, 0, 0] = corners
    labels = (image == 255).astype(np.uint8)
    return Volume(dataset="graded", id="a", image_zyx=image, labels_zyx=labels, modality="CT", target="bar", **facts)


def pictures(*, ids=()):
    """Unordered images: a ramp to the right, one blurred by noise, one downward, one reversed, and a constant one."""
    y, x = np.indices((64, 64))
    noise = np.random.default_rng(0).integers(0, 40, (64, 64))
    image = np.stack([255 - 4 * x, 4 * y, 4 * x, np.full((64, 64), 7), np.clip(4 * x + noise, 0, 255), 4 * y])
    labels = np.zeros(image.shape, np.uint8)
    labels[:, 20:40, 20:40] = 1
    return Volume(
        dataset="pictures",
        id="stack",
        image_zyx=image.astype(np.uint8),
        labels_zyx=labels,
        modality="X-ray",
        target="square",
        ordered=False,
        image_ids=ids,
    )


def run(volume, segmenter, *names, foreign=None, **settings):
    strategies = [parse(name, prompts=RULES) for name in names]
    return list(
        segment(
            volume, loaded(segmenter), strategies, rules=RULES, foreign=foreign, settings=EngineSettings(**settings)
        ).values()
    )


def planned(name, volume, **rest):
    strategy = parse(name, prompts=RULES)
    return plan(strategy, volume, RULES[strategy.prompt], **rest)


def foreign_frame(frame, rule="box"):
    prompt = Prompt(size_yx=frame.shape[:2], box_xyxy=(4, 4, 9, 9))
    return {rule: ForeignSeed(dataset="other", volume="x", slice_index=5, frame=frame, prompt=prompt)}


# ------------------------------------------------------------------------------------------------ frames in between


def test_frames_between_slices_are_walked_in_order_and_encoded_once():
    segmenter = BrightSegmenter()
    both, forward = run(
        graded_volume(0, 40, 80, 120),
        segmenter,
        "middle.box.both.interpolate=1",
        "middle.box.forward.interpolate=3",
    )
    assert segmenter.seen == [
        [80, 60, 40, 20, 0],
        [80, 100, 120],
        [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120],
    ]
    assert segmenter.prompted == [[0], [0], [8]]
    assert segmenter.encoder_runs == 4 + 3 * 3  # of three frames between slices, the middle one serves both strategies
    assert both.details["passes"] == ["2..0 in steps of 1/2", "2..3 in steps of 1/2"]
    assert (both.details["frames_between_walked"], forward.details["frames_between_walked"]) == (3, 9)
    assert (both.details["encoder_runs"], both.details["encoder_runs_between"]) == (13, 9)


def test_frames_between_slices_are_not_scored():
    plain, between = run(bar_volume(), BrightSegmenter(), "middle.box.both", "middle.box.both.interpolate=2")
    assert between.masks_zyx.shape == plain.masks_zyx.shape
    assert between.digest() == plain.digest()  # this segmenter looks at one frame at a time
    assert "frames_between_walked" not in plain.details
    assert len(between.timings_s["propagate"]) == (4 + 3 * 2) * 2


def test_a_walk_in_between_with_prompts_in_front_keeps_the_slices_of_its_own_half():
    backward, forward = planned("three.point.both.interpolate=1", bar_volume(slices=11))  # prompted: 3, 5 and 7
    half = Fraction(1, 2)
    assert backward.keys[:5] == (7, 5, 5 - half, 4, 4 - half)
    assert backward.keep[:5] == (False, True, False, True, False)
    assert list(backward.by_position) == [0, 1, 5]
    assert forward.keys[:4] == (3, 5, 5 + half, 6)
    assert forward.keep[:4] == (False, False, False, True)
    assert backward.name == "backward"
    assert forward.name == "forward"


def test_a_single_slice_has_nothing_in_between():
    (walk,) = planned("middle.box.both.interpolate=4", bar_volume().limited(1))
    assert walk.keys == (0,)


def test_a_frame_in_between_is_the_weighted_mean_of_its_neighbours_rounded_half_up():
    volume = graded_volume(0, 40, 45)
    frames = FrameSequence(volume=volume)
    assert [int(frames.at(Fraction(at))[0, 0, 0]) for at in ("1/2", "1/3", "2/3", "3/2")] == [20, 13, 27, 43]
    np.testing.assert_array_equal(frames.at(1), frames[1])
    assert frames.at(Fraction(1, 2)).dtype == np.uint8
    jpeg = FrameSequence(volume=volume, jpeg=True)
    np.testing.assert_array_equal(jpeg.at(Fraction(1, 2)), jpeg_round_trip(frames.at(Fraction(1, 2))))


# ------------------------------------------------------------------------------------------------ by similarity


def test_similar_images_come_first_equal_ones_as_listed_and_a_constant_one_last():
    frames = FrameSequence(volume=pictures())
    ranked = by_similarity(frames, [frames[2]], first=[2])
    assert [image.place for image in ranked] == [2, 4, 1, 5, 0, 3]
    similarity = [image.similarity for image in ranked]
    assert similarity[0] == 1.0
    assert similarity[1] == pytest.approx(0.9963, abs=1e-3)
    assert similarity[2] == similarity[3] == pytest.approx(0, abs=1e-3)
    assert similarity[4] == pytest.approx(-1, abs=1e-3)
    assert similarity[5] is None


def test_a_thumbnail_is_the_mean_of_boxes_whatever_the_size():
    frame = np.repeat(np.repeat(np.arange(32, dtype=np.uint8)[np.newaxis] * 2, 64, 0), 2, 1)
    frame[:, 1::2] += 2  # pairs of columns 2i and 2i + 2: their mean is 2i + 1
    np.testing.assert_array_equal(thumbnail(np.repeat(frame[..., np.newaxis], 3, 2))[7], np.arange(32) * 2 + 1)
    assert thumbnail(np.zeros((5, 90, 3), np.uint8)).shape == (32, 32)


def test_a_set_is_walked_from_its_seed_by_similarity_and_results_go_back_to_their_images():
    volume = pictures(ids=("a", "b", "c", "d", "e", "f"))
    segmenter = BrightSegmenter()
    similar, listed = run(volume, segmenter, "slice=2.box.forward.order=similar", "slice=2.box.forward")
    assert segmenter.prompted == [[0], [2]]
    assert segmenter.encoder_runs == 6
    assert similar.digest() == listed.digest()  # this segmenter looks at one frame at a time
    assert similar.masks_zyx[4].any()
    order = similar.details["order"]
    assert (order["by"], order["images"]) == ("similar", ["c", "e", "b", "f", "a", "d"])
    assert order["similarity"][0] == 1.0
    assert similar.details["passes"] == ["6 images by similarity"]
    assert similar.details["pass_order"] == ["by similarity"]
    assert similar.details["starts_at"] == 2
    assert listed.details["order"] == {"by": "listed", "images": ["a", "b", "c", "d", "e", "f"]}


def test_images_without_ids_are_named_by_number_and_slices_of_one_body_are_not_listed():
    (listed,) = run(pictures().limited(4), BrightSegmenter(), "middle.box.both")
    assert listed.details["order"]["images"] == ["1", "2", "3", "4"]
    (slices,) = run(bar_volume(), BrightSegmenter(), "middle.box.both")
    assert "order" not in slices.details


def test_a_set_is_walked_by_similarity_to_a_foreign_seed_of_any_size():
    volume = pictures()
    frame = np.repeat(np.repeat(np.arange(100, dtype=np.uint8)[np.newaxis], 40, 0)[..., np.newaxis], 3, 2)
    foreign = foreign_frame(frame)
    segmenter = BrightSegmenter()
    (result,) = run(volume, segmenter, "dataset.box.forward.order=similar", foreign=foreign)
    assert [int(name) for name in result.details["order"]["images"]] == [2, 4, 1, 5, 0, 3]
    assert result.details["passes"] == ["seed, 6 images by similarity"]
    assert result.details["starts_at"] == 2
    (walk,) = planned("dataset=coordinates.box.forward.order=similar", volume, foreign=foreign["box"])
    assert walk.keys[0] == 3  # the volume's own middle image, which is constant: the others stay as listed
    assert walk.keys == (3, 0, 1, 2, 4, 5)


def test_of_three_prompted_images_each_other_one_is_compared_with_the_nearest():
    (walk,) = planned("three.point.forward.order=similar", pictures())
    assert list(walk.by_position) == [0, 1, 2]  # images 1, 2 and 3
    assert walk.keys == (1, 2, 3, 5, 4, 0)
    assert [image.similarity for image in walk.ranked][3] == 1.0  # image 5 is a copy of image 1


def test_an_order_is_for_unordered_sets_and_frames_in_between_for_ordered_ones():
    (error,) = run(bar_volume(), BrightSegmenter(), "middle.box.forward.order=similar")
    assert isinstance(error, StrategyError)
    assert str(error).startswith(
        "strategy 'middle.box.forward.order=similar' cannot be run on bars/a: the slices of one body have an order"
    )
    (error,) = run(pictures(), BrightSegmenter(), "middle.box.both.interpolate=2")
    assert "cannot be run on pictures/stack: nothing lies between images of different bodies" in str(error)


def test_what_a_dataset_has_no_walk_for_is_listed_and_not_run():
    selection = select(
        Wishes(strategies=("middle.box.forward.order=similar", "middle.box.both.interpolate=1")),
        datasets={"bars": BarDataset()},
        checkpoints={"both": checkpoint("both")},
        missing={},
        rules=RULES,
    )
    assert {case.strategy for case in selection.cases()} == {"middle.box.both.interpolate=1"}
    (line,) = selection.not_run
    assert line.what == "bars with middle.box.forward.order=similar"
    assert "'order=similar' is for sets of images without one" in line.reason


def test_the_images_of_a_stacked_folder_have_their_ids(tmp_path):
    from PIL import Image

    for name in ("p2", "p1"):
        (tmp_path / name).mkdir()
        for file in ("image", "mask"):
            Image.fromarray(np.eye(9, dtype=np.uint8) * 255).save(tmp_path / name / f"{file}.png")
    (tmp_path / "dataset.toml").write_text(
        'modality = "X-ray"\ntarget = "line"\nimage = "{id}/image.png"\nmask = "{id}/mask.png"\nthreshold = 127\n'
        "ordered = false\nstack = true\n",
        encoding="utf-8",
    )
    volume = FolderDataset.from_directory("mine", tmp_path).load("stack")
    assert volume.image_ids == ("p1", "p2")
    assert volume.limited(1).image_ids == ("p2",)
    with pytest.raises(DataError, match=r"mine/stack: 1 ids for 2 images; expected one for each, or none"):
        replace(volume, image_ids=("p1",))


# ------------------------------------------------------------------------------------------------ memory


def test_a_memory_that_a_model_has_not_is_an_error_of_video_mode_alone():
    image, video = run(bar_volume(), BrightSegmenter(), "every.box", "middle.box.both", memory=8)
    assert isinstance(image, Segmentation)
    assert str(video) == "a memory of 8 frames; expected 1 to 7. Give --sam-memory a number up to 7."


def test_a_memory_that_was_asked_for_is_recorded_and_the_model_stays_as_it_was():
    segmenter = BrightSegmenter()
    (short,) = run(bar_volume(), segmenter, "middle.box.both", memory=2)
    (whole,) = run(bar_volume(), segmenter, "middle.box.both")
    assert short.details["memory_frames"] == 2
    assert "memory_frames" not in whole.details
    assert segmenter.memory is None
    assert whole.details["memory"] == "one for each pass"
    assert whole.details["pass_order"] == ["backward", "forward"]
