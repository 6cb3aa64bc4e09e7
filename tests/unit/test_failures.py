import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import linregress

from bench_cases.errors import DataError
from bench_cases.failures import propagation_failures
from bench_cases.findings import PastEnd
from bench_cases.metrics import score

PAIRS = st.tuples(st.integers(1, 9), st.integers(1, 3), st.integers(1, 4)).flatmap(
    lambda shape: st.tuples(arrays(bool, shape), arrays(bool, shape), st.sets(st.integers(0, shape[0] - 1)))
)


def rows(*pixels: int, width: int = 10) -> np.ndarray:
    """Masks of one row a slice, of which the first so many pixels are set."""
    return np.arange(width)[None, None, :] < np.array(pixels)[:, None, None]


# Slices:          0  1  2  3  4  5  6  7  8  9
REFERENCE = rows(0, 0, 0, 4, 4, 4, 4, 0, 0, 0)
PREDICTED = rows(1, 0, 3, 1, 4, 6, 4, 2, 5, 0)


def test_over_segmentation_is_the_falsely_painted_area_of_the_prompted_slices_by_hand():
    one = propagation_failures(REFERENCE, PREDICTED, prompted=[5], starts_at=5)
    assert one.over_segmentation == 2 / 4
    two = propagation_failures(REFERENCE, PREDICTED, prompted=[5, 4], starts_at=4)
    assert (two.prompted, two.over_segmentation) == ([4, 5], 2 / 8)


def test_over_segmentation_may_exceed_the_structure_and_is_undefined_where_none_of_it_was_prompted():
    wide = propagation_failures(rows(0, 2), rows(0, 10), prompted=[1], starts_at=1)
    assert wide.over_segmentation == 8 / 2
    assert propagation_failures(rows(0, 2), rows(3, 2), prompted=[0], starts_at=0).over_segmentation is None
    assert propagation_failures(rows(0, 2), rows(3, 2), prompted=[], starts_at=0).over_segmentation is None


def test_paint_past_each_end_of_the_structure_by_hand():
    found = propagation_failures(REFERENCE, PREDICTED, prompted=[5], starts_at=5, spacing_zyx_mm=(5, 2, 0.5))
    # Below: slice 2 is painted, 1 is not, 0 is again; above: 7 and 8 are painted, 9 is not.
    assert found.past_first == PastEnd(slices=3, painted=2, share=2 / 3, painted_px=4, painted_mm2=4.0, reach=1)
    assert found.past_last == PastEnd(slices=3, painted=2, share=2 / 3, painted_px=7, painted_mm2=7.0, reach=2)


def test_a_structure_that_fills_the_volume_leaves_nothing_past_its_ends():
    found = propagation_failures(rows(1, 1), rows(1, 1), prompted=[0], starts_at=0)
    nothing = PastEnd(slices=0, painted=0, share=None, painted_px=0, painted_mm2=None, reach=0)
    assert (found.past_first, found.past_last) == (nothing, nothing)


def test_a_gap_inside_the_structure_lies_past_neither_end():
    found = propagation_failures(rows(0, 2, 0, 2, 0), rows(0, 2, 5, 2, 0), prompted=[1], starts_at=1)
    assert (found.past_first.painted, found.past_last.painted) == (0, 0)


def test_paint_to_the_very_last_slice_reaches_all_of_them():
    found = propagation_failures(rows(2, 0, 0), rows(2, 1, 1), prompted=[0], starts_at=0)
    assert (found.past_last.reach, found.past_last.share) == (2, 1.0)


def test_retention_by_hand():
    reference, predicted = rows(4, 4, 4, 4, 4), rows(4, 4, 0, 0, 4)
    found = propagation_failures(reference, predicted, prompted=[0], starts_at=0, spacing_zyx_mm=(2, 1, 1))
    # Dice 1, 1, 0, 0, 1 at 0..4: covariance sum -1, variance sum 10.
    assert found.slope_per_slice == pytest.approx(-0.1)
    assert found.slope_per_mm == pytest.approx(-0.05)
    assert found.farthest == 4
    assert found.dice_near == pytest.approx(2 / 3)  # slices 0, 1, 2
    assert found.dice_far == pytest.approx(1 / 2)  # slices 3, 4


def test_distance_is_to_the_nearest_prompted_slice_and_from_the_start_of_the_walk_where_none_was():
    reference, predicted = rows(4, 4, 4, 4, 4), rows(4, 2, 1, 2, 4)
    ends = propagation_failures(reference, predicted, prompted=[0, 4], starts_at=2)
    assert (ends.measured_from, ends.farthest) == ([0, 4], 2)
    assert ends.slope_per_slice is not None
    assert ends.slope_per_slice < 0
    foreign = propagation_failures(reference, predicted, prompted=[], starts_at=2)
    assert (foreign.prompted, foreign.measured_from, foreign.farthest) == ([], [2], 2)
    assert foreign.slope_per_slice is not None
    assert foreign.slope_per_slice > 0


def test_there_is_no_slope_where_all_slices_lie_at_one_distance():
    one = propagation_failures(rows(0, 4, 0), rows(0, 2, 0), prompted=[1], starts_at=1, spacing_zyx_mm=(1, 1, 1))
    assert (one.slope_per_slice, one.slope_per_mm, one.farthest) == (None, None, 0)
    assert one.dice_near == pytest.approx(2 / 3)
    assert one.dice_far is None


def test_slices_left_out_of_the_scores_are_left_out_of_the_retention():
    reference, predicted = rows(4, 4, 4), rows(0, 4, 4)
    found = propagation_failures(reference, predicted, prompted=[0], starts_at=0, leave_out=[0])
    assert (found.slope_per_slice, found.dice_near, found.dice_far) == (0.0, 1.0, 1.0)
    nothing = propagation_failures(reference, predicted, prompted=[0], starts_at=0, leave_out=[0, 1, 2])
    assert (nothing.farthest, nothing.slope_per_slice, nothing.dice_near, nothing.dice_far) == (None,) * 4


@given(PAIRS)
def test_the_slope_agrees_with_scipy_and_the_paint_with_the_scores(drawn):
    reference, predicted, prompted = drawn
    if not reference.any():
        with pytest.raises(DataError, match="nothing could be propagated"):
            propagation_failures(reference, predicted, prompted=sorted(prompted), starts_at=0)
        return
    found = propagation_failures(
        reference, predicted, prompted=sorted(prompted), starts_at=0, spacing_zyx_mm=(2.5, 1, 1)
    )
    scores = score(reference, predicted)
    origins = prompted or {0}
    kept = [z for z in range(len(reference)) if reference[z].any()]
    distance = [min(abs(z - origin) for origin in origins) for z in kept]
    if len(set(distance)) < 2:
        assert found.slope_per_slice is None
    else:
        dice = np.array([scores.per_slice.dice[z] for z in kept], float)
        assert found.slope_per_slice == pytest.approx(linregress(distance, dice).slope, abs=1e-12)
        in_mm = 2.5 * np.array(distance)
        assert found.slope_per_mm == pytest.approx(linregress(in_mm, dice).slope, abs=1e-12)
    past = (found.past_first, found.past_last)
    assert sum(end.painted for end in past) <= scores.slices_empty_painted
    assert sum(end.painted_px for end in past) <= scores.false_positive_empty_voxels
    assert all(end.reach <= end.painted <= end.slices for end in past)
    perfect = propagation_failures(reference, reference, prompted=sorted(prompted), starts_at=0)
    assert perfect.over_segmentation in {None, 0.0}
    assert perfect.slope_per_slice in {None, 0.0}
    assert perfect.past_first.painted == perfect.past_last.painted == 0


def test_masks_of_different_shape_are_refused():
    with pytest.raises(DataError, match=r"shape \(1, 1, 10\) and the prediction \(2, 1, 10\); expected the same shape"):
        propagation_failures(rows(1), rows(1, 1), prompted=[0], starts_at=0)


def test_a_slice_outside_the_volume_is_refused():
    with pytest.raises(DataError, match=r"slice 7 was named; expected one of 0 to 1, counted as held"):
        propagation_failures(rows(1, 1), rows(1, 1), prompted=[7], starts_at=0)
