from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench_cases.errors import DataError, StrategyError
from bench_cases.frames import FrameSequence, jpeg_round_trip, prepare_frame
from bench_cases.prompt import Prompt
from bench_cases.volume import Volume, Window
from tests.fakes import bar_volume


def volume(**changes):
    fields = {
        "dataset": "d",
        "id": "v",
        "image_zyx": np.zeros((3, 4, 5), np.int16),
        "labels_zyx": np.zeros((3, 4, 5), np.uint8),
        "modality": "CT",
        "target": "t",
    }
    return Volume(**{**fields, **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image_zyx": np.zeros((4, 5), np.int16)}, r"d/v: the image has shape \(4, 5\); expected three axes"),
        ({"labels_zyx": np.zeros((3, 4, 4), np.uint8)}, "differ in shape; expected one mask voxel .* Resample"),
        ({"labels_zyx": np.zeros((3, 4, 5), np.int64)}, "labels are int64; expected uint8"),
        ({"image_zyx": np.full((3, 4, 5), np.nan, np.float32)}, "60 voxels are NaN or infinite"),
        ({"image_zyx": np.zeros((3, 4, 5), complex)}, "grey values are complex128; expected integers or real numbers"),
    ],
)
def test_a_volume_refuses_what_cannot_be_scored(changes, message):
    with pytest.raises(DataError, match=message):
        volume(**changes)


def test_a_volume_without_voxels_is_refused():
    empty = np.zeros((0, 4, 5), np.int16)
    with pytest.raises(DataError, match="expected at least one voxel along each axis"):
        volume(image_zyx=empty, labels_zyx=empty.astype(np.uint8))


@given(st.integers(1, 12), st.integers(1, 14))
def test_limiting_slices_keeps_the_middle_slice_in_the_middle(slices, limit):
    image = np.arange(slices, dtype=np.int16)[:, None, None] * np.ones((1, 2, 2), np.int16)
    whole = volume(image_zyx=image, labels_zyx=np.zeros(image.shape, np.uint8))
    part = whole.limited(limit)
    assert part.n_slices == min(limit, slices)
    assert part.image_zyx[part.n_slices // 2, 0, 0] == slices // 2
    assert part.image_zyx[0, 0, 0] == part.slice_offset
    assert part.source_slices == slices


def test_no_slices_cannot_be_asked_for():
    with pytest.raises(DataError, match="0 slices were asked for; expected at least 1"):
        volume().limited(0)


def test_the_digest_changes_with_one_voxel_of_image_or_reference():
    base = bar_volume()
    image = base.image_zyx.copy()
    image[0, 0, 0] += 1
    labels = base.labels_zyx.copy()
    labels[0, 0, 0] = 1
    digests = {base.digest(), replace(base, image_zyx=image).digest(), replace(base, labels_zyx=labels).digest()}
    assert len(digests) == 3


def test_a_frame_is_windowed_stretched_truncated_and_repeated():
    # -650 is the middle of [-1400, 100]: 127.5, which truncates to 127.
    frame = prepare_frame(np.array([[-3000, -650, 3000]], np.int16), window=Window(-650, 1500))
    assert frame.shape == (1, 3, 3)
    assert frame[0].tolist() == [[0, 0, 0], [127, 127, 127], [255, 255, 255]]


def test_a_constant_slice_gives_zeros_and_no_warning():
    assert not prepare_frame(np.full((2, 2), 7.0)).any()


def test_each_slice_is_stretched_by_itself_unless_the_volume_is():
    image = np.array([[[0, 10]], [[0, 100]]], np.int16)
    labels = np.zeros(image.shape, np.uint8)
    by_slice = FrameSequence(volume=volume(image_zyx=image, labels_zyx=labels))
    by_volume = FrameSequence(volume=volume(image_zyx=image, labels_zyx=labels, scaling="volume"))
    assert [frame[0, 1, 0] for frame in by_slice] == [255, 255]
    assert [frame[0, 1, 0] for frame in by_volume] == [25, 255]
    windowed = volume(image_zyx=image, labels_zyx=labels, scaling="volume", window=Window(25, 50))
    assert [frame[0, 1, 0] for frame in FrameSequence(volume=windowed)] == [51, 255]


def test_jpeg_loses_something_and_little():
    frame = prepare_frame(np.random.default_rng(0).integers(0, 255, (32, 32)).cumsum(axis=0))
    lossy = jpeg_round_trip(frame)
    assert lossy.shape == frame.shape
    assert 0 < np.abs(lossy.astype(int) - frame).mean() < 20
    switched = FrameSequence(volume=bar_volume(), jpeg=True)
    assert len(switched) == 7
    assert switched[3].dtype == np.uint8


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({}, "an empty prompt"),
        ({"points_xy": ((1, 1),)}, "1 points and 0 labels"),
        ({"points_xy": ((1, 1),), "labels": (2,)}, r"point labels \(2,\); expected 1"),
        ({"points_xy": ((9, 1),), "labels": (1,)}, r"touches \(9, 1\), outside a frame 6 wide and 4 high"),
        ({"box_xyxy": (3, 0, 1, 2)}, "whose minimum lies beyond its maximum"),
        ({"mask_yx": np.zeros((2, 2), bool)}, "a mask prompt of shape"),
    ],
)
def test_a_prompt_refuses_nonsense(fields, message):
    with pytest.raises(StrategyError, match=message):
        Prompt(size_yx=(4, 6), **fields)


def test_a_prompt_is_carried_to_a_larger_frame_by_pixel_centres():
    prompt = Prompt(size_yx=(4, 4), points_xy=((0, 3),), labels=(1,), box_xyxy=(0, 0, 3, 3))
    carried = prompt.scaled_to((8, 8))
    assert carried.points_xy == ((0.5, 6.5),)
    assert carried.box_xyxy == (0.5, 0.5, 6.5, 6.5)
    assert prompt.scaled_to((4, 4)) is prompt


def test_a_mask_prompt_is_not_carried_and_leaves_no_pixels_in_a_report():
    prompt = Prompt(size_yx=(4, 4), mask_yx=np.ones((4, 4), bool))
    with pytest.raises(StrategyError, match="cannot be carried"):
        prompt.scaled_to((8, 8))
    assert prompt.to_json()["mask"]["area_px"] == 16
    assert prompt.digest() != Prompt(size_yx=(4, 4), mask_yx=np.zeros((4, 4), bool)).digest()
    assert (prompt.n_points, prompt.n_boxes) == (0, 0)


def test_a_slice_is_recognised_by_its_grey_values_wherever_it_is_held():
    volume = bar_volume()
    whole = volume.slice_digest(3)
    assert volume.limited(3).slice_digest(3) == whole
    assert volume.limited(3).slice_digest(0) is None
    assert volume.slice_digest(7) is None
    assert len({volume.slice_digest(z) for z in (1, 2, 3)}) == 3


def test_the_reference_and_the_grey_limits_are_made_once_and_anew_for_a_part_of_the_volume():
    image = np.arange(5 * 4 * 4).reshape(5, 4, 4)
    labels = (image % 7 == 0).astype(np.uint8)
    scan = volume(image_zyx=image, labels_zyx=labels)
    assert scan.reference_zyx is scan.reference_zyx
    with pytest.raises(ValueError, match="read-only"):
        scan.reference_zyx[0] = True
    assert scan.grey_limits == (0.0, 79.0)
    part = scan.limited(2)
    np.testing.assert_array_equal(part.reference_zyx, labels[1:3] > 0)
    assert part.grey_limits == (16.0, 47.0)
