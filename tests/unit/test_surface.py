"""Surface metrics: boxes worked out by hand, an independent search, and what is empty or unknown."""

import argparse
import dataclasses
import json
import warnings

import numpy as np
import pytest
from scipy.ndimage import binary_erosion
from scipy.spatial import cKDTree
from surface_distance import metrics

import bench_cases.surface
from bench_cases.cases import CaseResult
from bench_cases.errors import ConfigError, DataError
from bench_cases.pytest_plugin.option_values import tolerance_mm
from bench_cases.surface import require_library, surface_scores
from tests.report.report_examples import result


def box(shape, *slices):
    mask = np.zeros(shape, bool)
    mask[slices] = True
    return mask


REFERENCE = box((12, 30, 30), slice(2, 8), slice(4, 26), slice(4, 26))


def test_equal_masks_have_no_distance():
    found = surface_scores(REFERENCE, REFERENCE, spacing_zyx_mm=(3.0, 1.0, 1.0))
    assert (found.hd95_mm, found.nsd, found.undefined) == (0.0, 1.0, "")


def test_a_box_that_is_shifted_along_z_is_off_by_the_shift_in_millimetres():
    """Each end cap (22 x 22 pixels, far more than 5 % of the surface) lies 1 slice, so 3 mm, from the other's."""
    shifted = np.roll(REFERENCE, 1, axis=0)
    found = surface_scores(REFERENCE, shifted, spacing_zyx_mm=(3.0, 1.0, 1.0), tolerance_mm=1.0)
    assert found.hd95_mm == pytest.approx(3.0)
    caps, sides = 2 * 22 * 22, 4 * 22 * 6 * 3
    assert found.nsd == pytest.approx(1 - caps / (caps + sides), abs=0.03)
    assert found.nsd == pytest.approx(0.6182, abs=1e-4)  # MONAI 1.6.1, compute_surface_dice with use_subvoxels
    assert surface_scores(REFERENCE, shifted, spacing_zyx_mm=(3.0, 1.0, 1.0), tolerance_mm=3.0).nsd == 1


@pytest.mark.parametrize("place", [(0, 0, 0), (4, 3, 5), (5, 9, 11)])
def test_the_box_that_is_cut_out_changes_no_number(place):
    chance = np.random.default_rng(1)
    reference, predicted = (np.zeros((12, 20, 22), bool) for _ in "ab")
    within = tuple(slice(first, first + size) for first, size in zip(place, (7, 11, 11), strict=True))
    reference[within], predicted[within] = chance.random((2, 7, 11, 11)) < 0.7
    spacing = (3.0, 1.0, 0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        whole = metrics.compute_surface_distances(reference, predicted, spacing)
    found = surface_scores(reference, predicted, spacing_zyx_mm=spacing)
    assert found.hd95_mm == metrics.compute_robust_hausdorff(whole, 95)
    assert found.nsd == metrics.compute_surface_dice_at_tolerance(whole, 1.0)


def test_a_surface_that_would_not_fit_into_memory_is_undefined_and_says_so():
    box_bytes = 64 * 6 * 22 * 22
    fits = surface_scores(REFERENCE, REFERENCE, spacing_zyx_mm=(3.0, 1.0, 1.0), room_bytes=box_bytes)
    assert fits.nsd == 1
    found = surface_scores(REFERENCE, REFERENCE, spacing_zyx_mm=(3.0, 1.0, 1.0), room_bytes=box_bytes - 1)
    assert (found.hd95_mm, found.nsd) == (None, None)
    assert found.undefined == "it takes about 185856 bytes of memory, and 185855 may be taken"


def test_the_spacing_is_that_of_each_axis():
    shifted = np.roll(REFERENCE, 2, axis=2)
    assert surface_scores(REFERENCE, shifted, spacing_zyx_mm=(3.0, 1.0, 0.5)).hd95_mm == pytest.approx(1.0)
    assert surface_scores(REFERENCE, shifted, spacing_zyx_mm=(3.0, 0.5, 2.0)).hd95_mm == pytest.approx(4.0)


def test_hd95_is_near_that_of_a_search_over_border_voxels():
    """Voxels counted one by one instead of weighted surface: the two agree to within a voxel."""
    z, y, x = np.ogrid[:24, :40, :40]
    spacing = (2.0, 1.0, 1.0)
    ball = ((z - 12) * 2) ** 2 + (y - 20) ** 2 + (x - 20) ** 2 <= 144
    egg = ((z - 12) * 2) ** 2 + ((y - 22) / 1.2) ** 2 + (x - 20) ** 2 <= 144
    borders = [np.argwhere(mask & ~binary_erosion(mask)) * spacing for mask in (ball, egg)]
    there, back = (cKDTree(borders[1 - n]).query(borders[n])[0] for n in (0, 1))
    expected = max(np.percentile(there, 95), np.percentile(back, 95))
    assert surface_scores(ball, egg, spacing_zyx_mm=spacing).hd95_mm == pytest.approx(expected, abs=1.0)


def test_a_radiograph_is_measured_by_its_contour():
    """A square of 20 moved by 2 pixels: as a slab of one slice nine tenths of its surface would lie on its faces."""
    reference = box((1, 40, 40), 0, slice(10, 30), slice(10, 30))
    moved = np.roll(reference, 2, axis=2)
    found = surface_scores(reference, moved, spacing_zyx_mm=(5.0, 0.5, 0.5), tolerance_mm=0.4)
    assert found.hd95_mm == pytest.approx(1.0)
    assert found.nsd == pytest.approx(0.5, abs=0.08)


def test_nothing_predicted_is_an_nsd_of_zero_and_no_distance():
    found = surface_scores(REFERENCE, np.zeros_like(REFERENCE), spacing_zyx_mm=(1.0, 1.0, 1.0), tolerance_mm=2.0)
    assert (found.hd95_mm, found.nsd, found.undefined) == (None, 0.0, "nothing was predicted")
    assert found.tolerance_mm == 2.0


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"spacing_zyx_mm": None}, "the spacing is not known"),
        ({"leave_out": [3]}, "1 slices are left out of the scores, which cuts the surface"),
    ],
)
def test_what_cannot_be_measured_says_why(changes, why):
    found = surface_scores(REFERENCE, REFERENCE, **{"spacing_zyx_mm": (1.0, 1.0, 1.0), **changes})
    assert (found.hd95_mm, found.nsd, found.undefined) == (None, None, why)


def test_misfits_and_empty_references_are_refused():
    with pytest.raises(
        DataError, match=r"has shape \(12, 30, 30\) and the prediction \(11, 30, 30\); expected the same"
    ):
        surface_scores(REFERENCE, REFERENCE[1:], spacing_zyx_mm=(1.0, 1.0, 1.0))
    with pytest.raises(DataError, match="the reference is empty, so it has no surface"):
        surface_scores(REFERENCE & False, REFERENCE, spacing_zyx_mm=(1.0, 1.0, 1.0))


def test_without_the_library_the_remedy_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"needs the package surface-distance.*pip install -e '\.\[surface\]'"):
        require_library()
    monkeypatch.setitem(__import__("sys").modules, "surface_distance", None)
    with pytest.raises(ConfigError, match="which is not installed"):
        surface_scores(REFERENCE, REFERENCE, spacing_zyx_mm=(1.0, 1.0, 1.0))


def test_surface_metrics_survive_json():
    measured = surface_scores(REFERENCE, REFERENCE, spacing_zyx_mm=(1.0, 1.0, 1.0))
    before = dataclasses.replace(result("v1"), surface=measured)
    assert CaseResult.from_json(json.loads(json.dumps(before.to_json()))) == before


def test_a_tolerance_is_a_positive_number():
    assert tolerance_mm("2.5") == 2.5
    for text in ("benchmark", "0", "-1", "inf", "nan"):
        with pytest.raises(argparse.ArgumentTypeError, match="is no tolerance in mm; expected a positive number"):
            tolerance_mm(text)


def test_the_default_tolerance_is_the_one_that_is_documented():
    assert bench_cases.surface.TOLERANCE_MM == 1.0
