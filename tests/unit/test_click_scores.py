"""Scores after each click, the area under them and the number of clicks, worked out by hand."""

import json

import numpy as np
import pytest

from bench_cases.click_scores import area_under, click_curve, to_reach
from bench_cases.clicks import Click, ClickCurve

REFERENCE = np.zeros((3, 1, 4), bool)
REFERENCE[:2] = True
AFTER = np.zeros((3, 3, 1, 4), bool)  # after 0, 1 and 2 clicks
AFTER[0, 0, 0, :2] = True
AFTER[1, 0] = True
AFTER[2, 0] = True
AFTER[2, 1, 0, :3] = True


def curve(counted_by):
    clicks = [Click(1, 0, 2, 0, 1, 2), Click(2, 1, 1, 0, 1, 4)]
    return click_curve(REFERENCE, lambda n: AFTER[n], allowed=2, given=clicks, counted_by=counted_by)


def test_scores_are_those_of_the_masks_after_each_click():
    found = curve("volume")
    assert found.slice_index == [0, 1, 2]
    assert found.slice_dice == [
        [pytest.approx(2 / 3), 0, None],
        [1, 0, None],
        [1, pytest.approx(6 / 7), None],
    ]
    assert found.slice_jaccard == [[0.5, 0, None], [1, 0, None], [1, 0.75, None]]
    assert found.dice_nonempty == pytest.approx([1 / 3, 1 / 2, 13 / 14])
    assert found.jaccard_nonempty == pytest.approx([0.25, 0.5, 0.875])
    assert found.dice_all == pytest.approx([2 * 2 / 10, 2 * 4 / 12, 2 * 7 / 15])
    assert found.jaccard_all == pytest.approx([2 / 8, 4 / 8, 7 / 8])


def test_the_area_is_the_trapezoid_rule_over_the_clicks_allowed():
    assert curve("volume").area_jaccard == pytest.approx((0.25 / 2 + 0.5 + 0.875 / 2) / 2)
    values = [0.1, 0.4, 0.35, 0.9, 0.95]
    ours, numpys = area_under(values), np.interp(np.linspace(0, 4, 100_001), range(5), values).mean()
    assert ours == pytest.approx(numpys, abs=1e-5)


def test_clicks_to_a_score_are_counted_for_slices_in_image_mode_and_for_the_volume_in_video_mode():
    by_slice = {(it.measure, it.threshold): it[2:] for it in curve("slice").to_reach}
    assert by_slice["dice", 0.85] == (1.5, 0, 2)  # one click on the first, two on the second
    assert by_slice["dice", 0.90] == (1.5, 1, 2)  # the second never does, and counts with both clicks
    assert by_slice["jaccard", 0.85] == (1.5, 1, 2)
    by_volume = {(it.measure, it.threshold): it[2:] for it in curve("volume").to_reach}
    assert by_volume["dice", 0.90] == (2, 0, 1)
    assert by_volume["jaccard", 0.90] == (2, 1, 1)


def test_a_score_that_is_there_at_once_takes_no_click_and_a_lost_one_is_not_taken_back():
    assert to_reach("dice", [[0.95, 0.2]], 0.9)[2:] == (0, 0, 1)


def test_a_curve_survives_json():
    found = curve("slice")
    assert ClickCurve.from_json(json.loads(json.dumps(found.to_json()))) == found
