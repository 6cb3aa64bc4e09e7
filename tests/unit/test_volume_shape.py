from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import pearsonr

from bench_cases.errors import DataError
from bench_cases.findings import VolumeShape
from bench_cases.volume import Volume, Window
from bench_cases.volume_shape import normalised_cross_correlation, volume_shape
from tests.fakes import bar_volume

PAIRS = st.tuples(st.integers(2, 5), st.integers(2, 5)).flatmap(
    lambda shape: st.tuples(arrays(np.uint8, shape), arrays(np.uint8, shape))
)


def volume_of(*slices: list[int], target: tuple[int, ...]) -> Volume:
    """A volume of slices one pixel high, its target on the slices named."""
    image = np.array(slices, np.int16)[:, None, :]
    labels = np.zeros(image.shape, np.uint8)
    labels[list(target), 0, 0] = 1
    return replace(bar_volume(), image_zyx=image, labels_zyx=labels, source_slices=0)


# Already from 0 to 255, so that scaling and truncation change nothing.
RISING, FALLING, HUMP, FLAT = [0, 85, 170, 255], [255, 170, 85, 0], [0, 255, 255, 0], [7, 7, 7, 7]


@pytest.mark.filterwarnings("ignore:An input array is nearly constant")
@given(PAIRS)
def test_cross_correlation_agrees_with_pearson_of_scipy(pair):
    a, b = pair
    mine = normalised_cross_correlation(a, b)
    if a.min() == a.max() or b.min() == b.max():
        assert np.isnan(mine)
    else:
        assert mine == pytest.approx(pearsonr(a.ravel().astype(float), b.ravel().astype(float)).statistic, abs=1e-9)
        assert normalised_cross_correlation(b, a) == pytest.approx(mine)
        assert normalised_cross_correlation(a, a) == pytest.approx(1)


def test_a_volume_by_hand():
    # Pairs with the target on both: rising-rising 1, rising-falling -1, falling-hump 0.
    volume = volume_of(FLAT, RISING, RISING, FALLING, HUMP, RISING, target=(1, 2, 3, 4))
    found = volume_shape(volume)
    assert found.similarity_mean == pytest.approx(0, abs=1e-12)
    assert found.similarity_min == pytest.approx(-1)
    assert replace(found, similarity_mean=None, similarity_min=None) == VolumeShape(
        slices=6,
        slices_with_target=4,
        first_with_target=1,
        last_with_target=4,
        thickness_mm=5.0,
        neighbours=3,
        similarity_mean=None,
        similarity_min=None,
    )


def test_slices_with_a_gap_between_them_are_no_neighbours():
    found = volume_shape(volume_of(RISING, RISING, RISING, target=(0, 2)))
    assert (found.slices_with_target, found.neighbours) == (2, 0)
    assert (found.similarity_mean, found.similarity_min) == (None, None)


def test_a_pair_with_a_constant_slice_is_left_out_and_counted_so():
    found = volume_shape(volume_of(RISING, FLAT, RISING, RISING, target=(0, 1, 2, 3)))
    assert found.neighbours == 1
    assert found.similarity_mean == pytest.approx(1)


def test_grey_values_are_those_of_the_prepared_frames():
    # Without a window the outlier rules; scaling each slice on its own leaves Pearson's r alone but for truncation.
    raw = volume_of([0, 10, 900], [0, 10, 20], target=(0, 1))
    windowed = replace(raw, window=Window(level=10, width=20))
    assert volume_shape(windowed).similarity_mean == pytest.approx(1, abs=0.01)
    assert volume_shape(raw).similarity_mean == pytest.approx(pearsonr([0, 2, 255], [0, 127, 255]).statistic)


def test_the_thickness_is_unknown_without_spacing():
    assert volume_shape(replace(bar_volume(), spacing_zyx_mm=None)).thickness_mm is None


def test_a_volume_without_target_is_refused():
    with pytest.raises(DataError, match=r"bars/a: none of its 1 slices carries bar; expected at least one"):
        volume_shape(volume_of(RISING, target=()))


def test_a_limit_of_slices_that_leaves_none_with_the_target_is_named():
    volume = volume_of(RISING, FALLING, HUMP, FLAT, RISING, target=(0,))
    with pytest.raises(DataError, match=r"none of the 2 slices read of it carries bar; .* larger --sam-limit-slices"):
        volume_shape(volume.limited(2))


def test_slices_of_different_shape_are_refused():
    with pytest.raises(DataError, match=r"shapes \(1, 2\) and \(2, 1\); expected the same shape"):
        normalised_cross_correlation(np.zeros((1, 2)), np.zeros((2, 1)))
