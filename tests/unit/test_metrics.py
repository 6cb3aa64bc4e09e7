import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.spatial.distance import dice as scipy_dice_distance
from scipy.spatial.distance import jaccard as scipy_jaccard_distance

from bench_cases.errors import DataError
from bench_cases.metrics import dice, jaccard, score

PAIRS = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(1, 5)).flatmap(
    lambda shape: st.tuples(arrays(bool, shape), arrays(bool, shape))
)


def test_scores_by_hand():
    reference = np.zeros((4, 2, 4), bool)
    predicted = np.zeros((4, 2, 4), bool)
    reference[0, 0, :] = True  # 4 pixels
    predicted[0, 0, 1:] = True  # 3 of them: Dice 6/7, Jaccard 3/4
    reference[1, 0, :2] = True  # missed altogether: 0 and 0
    predicted[2, 0, 0] = True  # painted where there is nothing
    scores = score(reference, predicted, spacing_zyx_mm=(5, 2, 1))
    assert scores.dice_nonempty == pytest.approx((6 / 7 + 0) / 2)
    assert scores.jaccard_nonempty == pytest.approx((3 / 4 + 0) / 2)
    assert scores.dice_all == pytest.approx(2 * 3 / (6 + 4))
    assert scores.jaccard_all == pytest.approx(3 / 7)
    assert (scores.slices, scores.slices_nonempty, scores.slices_empty_painted) == (4, 2, 1)
    assert scores.false_positive_empty_voxels == 1
    assert scores.false_positive_empty_ml == pytest.approx(0.01)
    assert scores.per_slice.dice == [pytest.approx(6 / 7), 0.0, 0.0, None]


@given(PAIRS)
def test_every_slice_agrees_with_scipy(pair):
    reference, predicted = pair
    if not reference.any():
        with pytest.raises(DataError, match="carries the target"):
            score(reference, predicted)
        return
    scores = score(reference, predicted)
    for z, (mine, mine_j) in enumerate(zip(scores.per_slice.dice, scores.per_slice.jaccard, strict=True)):
        if mine is None:
            assert not reference[z].any()
            assert not predicted[z].any()
            continue
        assert mine == pytest.approx(1 - scipy_dice_distance(reference[z].ravel(), predicted[z].ravel()))
        assert mine_j == pytest.approx(1 - scipy_jaccard_distance(reference[z].ravel(), predicted[z].ravel()))
        assert mine_j == pytest.approx(mine / (2 - mine))


def test_the_prompted_slice_can_be_left_out():
    reference = np.ones((3, 2, 2), bool)
    predicted = reference.copy()
    predicted[1] = False
    assert score(reference, predicted).dice_nonempty == pytest.approx(2 / 3)
    left_out = score(reference, predicted, leave_out=[1])
    assert left_out.dice_nonempty == 1
    assert left_out.per_slice.index == [0, 2]


def test_masks_of_different_shape_are_refused():
    with pytest.raises(DataError, match="expected the same shape"):
        score(np.ones((2, 2, 2), bool), np.ones((2, 2, 3), bool))


def test_two_empty_masks_have_neither_dice_nor_jaccard():
    assert np.isnan(dice(0, 0, 0))
    assert np.isnan(jaccard(0, 0, 0))
