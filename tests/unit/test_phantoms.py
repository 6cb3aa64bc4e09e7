"""The phantom generator keeps the promises that the phantom data sets and the training rest on."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from bench_cases.phantoms import BENCHMARK_SEEDS, HELD_OUT_SEEDS, TRAINING_SEEDS, Organ, Phantom, Tissue, generate
from bench_cases.phantoms._noise import bspline_matrix, smooth_noise

SMALL_ZYX = (32, 80, 96)
SEEDS = [*HELD_OUT_SEEDS[500:505]]


@pytest.fixture(scope="module", params=SEEDS)
def phantom(request: pytest.FixtureRequest) -> Phantom:
    return generate(request.param, shape_zyx=SMALL_ZYX)


def lungs_of(phantom: Phantom) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    lungs: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = np.isin(
        phantom.labels_zyx, [Organ.LEFT_LUNG, Organ.RIGHT_LUNG]
    )
    return lungs


def test_the_same_seed_gives_the_same_voxels() -> None:
    one, two = (generate(SEEDS[0], shape_zyx=SMALL_ZYX) for _ in range(2))
    assert np.array_equal(one.image_zyx, two.image_zyx)
    assert np.array_equal(one.labels_zyx, two.labels_zyx)
    assert np.array_equal(one.lesions_zyx, two.lesions_zyx)
    assert one.spacing_zyx_mm == two.spacing_zyx_mm


def test_another_seed_gives_another_person() -> None:
    one, two = (generate(seed, shape_zyx=SMALL_ZYX) for seed in SEEDS[:2])
    assert not np.array_equal(one.labels_zyx, two.labels_zyx)


def test_dtypes_and_shapes_are_as_documented(phantom: Phantom) -> None:
    assert phantom.image_zyx.dtype == np.int16
    assert phantom.labels_zyx.dtype == phantom.tissues_zyx.dtype == np.uint8
    assert phantom.lesions_zyx.dtype == np.bool_
    for array in (phantom.image_zyx, phantom.labels_zyx, phantom.lesions_zyx, phantom.tissues_zyx):
        assert array.shape == SMALL_ZYX
    assert all(mm > 0 for mm in phantom.spacing_zyx_mm)


def test_hounsfield_units_lie_in_a_scanners_range(phantom: Phantom) -> None:
    assert phantom.image_zyx.min() >= -1024
    assert phantom.image_zyx.max() <= 3071
    assert phantom.image_zyx[lungs_of(phantom) & ~phantom.lesions_zyx].mean() < -600
    assert 0 < phantom.image_zyx[phantom.labels_zyx == Organ.LIVER].mean() < 150


def test_every_organ_of_the_benchmark_is_there(phantom: Phantom) -> None:
    for organ in (Organ.LEFT_LUNG, Organ.RIGHT_LUNG, Organ.HEART, Organ.SPLEEN, Organ.LIVER):
        assert (phantom.labels_zyx == organ).sum() > 40, organ


def test_lesions_lie_inside_the_lungs(phantom: Phantom) -> None:
    assert not (phantom.lesions_zyx & ~lungs_of(phantom)).any()


def test_some_people_have_lesions_and_some_have_none() -> None:
    counts = [int(generate(seed, shape_zyx=(24, 48, 64)).lesions_zyx.sum()) for seed in HELD_OUT_SEEDS[:12]]
    assert min(counts) == 0 < max(counts)


def test_slices_at_both_ends_show_no_lung(phantom: Phantom) -> None:
    shown = np.flatnonzero(lungs_of(phantom).any(axis=(1, 2)))
    assert shown[0] >= 2
    assert shown[-1] <= SMALL_ZYX[0] - 3
    assert len(shown) > SMALL_ZYX[0] // 3


def test_the_lungs_taper_to_nothing(phantom: Phantom) -> None:
    area = lungs_of(phantom).sum(axis=(1, 2))
    shown = np.flatnonzero(area)
    assert area[shown[0]] < 0.5 * area.max()
    assert area[shown[-1]] < 0.5 * area.max()


def test_the_trachea_is_air_but_not_lung(phantom: Phantom) -> None:
    trachea = phantom.tissues_zyx == Tissue.TRACHEA
    assert trachea.any()
    assert not (trachea & lungs_of(phantom)).any()


def test_the_display_is_upright_and_radiological(phantom: Phantom) -> None:
    def centre(organ: Organ) -> tuple[float, float]:
        _, rows, columns = np.nonzero(phantom.labels_zyx == organ)
        return float(rows.mean()), float(columns.mean())

    assert centre(Organ.LEFT_LUNG)[1] > centre(Organ.RIGHT_LUNG)[1]
    assert centre(Organ.SPLEEN)[1] > centre(Organ.LIVER)[1]
    assert centre(Organ.SPINE)[0] > centre(Organ.HEART)[0]
    heights = {o: np.nonzero(phantom.labels_zyx == o)[0].mean() for o in (Organ.HEART, Organ.LIVER)}
    assert heights[Organ.HEART] > heights[Organ.LIVER]


@pytest.mark.parametrize("shape", [(24, 64, 100), (24, 100, 64), (20, 96, 96)])
def test_the_body_fits_frames_that_are_not_square(shape: tuple[int, int, int]) -> None:
    phantom = generate(SEEDS[0], shape_zyx=shape)
    assert phantom.image_zyx.shape == shape
    assert lungs_of(phantom).any()


def test_seed_ranges_never_meet() -> None:
    ranges = sorted((BENCHMARK_SEEDS, TRAINING_SEEDS, HELD_OUT_SEEDS), key=lambda r: r.start)
    assert all(a.stop <= b.start for a, b in pairwise(ranges))


@pytest.mark.parametrize(("seed", "shape"), [(-1, SMALL_ZYX), (0, (8, 96, 96)), (0, (24, 32, 96))])
def test_what_cannot_be_generated_is_refused_with_the_value(seed: int, shape: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=rf"seed {seed} at shape"):
        generate(seed, shape_zyx=shape)


def test_spline_rows_sum_to_one() -> None:
    assert np.allclose(bspline_matrix(17, 7).sum(axis=1), 1, atol=1e-6)


def test_smooth_noise_is_smooth_and_of_unit_variance() -> None:
    field = smooth_noise(np.random.default_rng(0), (40, 40), (4, 4))
    assert field.std() == pytest.approx(1, abs=1e-3)
    assert np.abs(np.diff(field, axis=0)).max() < 1
