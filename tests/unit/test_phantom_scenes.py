"""Phantoms of other regions and modalities: the same from the same seed, and organs that look as they should."""

from __future__ import annotations

import numpy as np
import pytest

from bench_cases import registry
from bench_cases.datasets._sets import PhantomSet
from bench_cases.phantoms import BENCHMARK_SEEDS
from bench_cases.phantoms.scenes import VIEWS, Scene, draw

SMALL = {
    "chest": (16, 56, 72),
    "abdomen": (14, 56, 72),
    "trunk": (20, 56, 72),
    "pelvis": (14, 56, 72),
    "body": (24, 56, 72),
}
CONTRAST = {"hips": "xray", "brain": "flair", "hippocampus": "t1", "spine": "t2", "breast": "t1", "body": "suv"}


def shape(view: str) -> tuple[int, int, int]:
    if view.startswith("us_"):
        return (1, 80, 96)
    return SMALL.get(view, (20, 52, 64))


def scene(view: str, *contrasts: str, seed: int = 3) -> Scene:
    return draw(view, seed, shape(view), contrasts)


def mean(drawn: Scene, contrast: str, organ: str) -> float:
    return float(drawn.contrasts[contrast][drawn.organs[organ]].mean())


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_a_view_is_the_same_from_the_same_seed_and_another_from_the_next(view: str) -> None:
    contrast = "us" if view.startswith("us_") else CONTRAST.get(view, "ct")
    one, two, other = (scene(view, contrast, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one.contrasts[contrast], two.contrasts[contrast])
    assert all((one.organs[name] == two.organs[name]).all() for name in one.organs)
    assert (one.contrasts[contrast] != other.contrasts[contrast]).mean() > 0.2
    assert np.isfinite(one.contrasts[contrast]).all()
    assert all(mask.shape == one.contrasts[contrast].shape for mask in one.organs.values())


def test_organs_read_the_hounsfield_units_of_textbooks() -> None:
    drawn = scene("trunk", "ct")
    assert -950 < mean(drawn, "ct", "lungs") < -650
    assert 20 < mean(drawn, "ct", "liver") < 170
    assert -30 < mean(drawn, "ct", "bladder") < 40
    assert mean(drawn, "ct", "bones") > 150


def test_left_and_right_lie_on_the_sides_that_a_radiologist_expects() -> None:
    organs = scene("trunk", "ct").organs
    for organ in ("kidney", "adrenal", "femur", "hip"):
        right, left = (np.nonzero(organs[f"{organ}_{side}"])[2].mean() for side in ("right", "left"))
        assert right < left
    assert np.nonzero(organs["liver"])[2].mean() < np.nonzero(organs["spleen"])[2].mean()


def test_fat_that_is_bright_in_phase_stays_so_and_its_edges_are_dark_out_of_phase() -> None:
    drawn = scene("abdomen", "t1_in", "t1_out", "t2_fatsat", seed=221)
    inside, outside = drawn.contrasts["t1_in"], drawn.contrasts["t1_out"]
    edge = inside - outside
    assert edge.max() > 300  # fat and water in one voxel cancel
    assert abs(mean(drawn, "t1_in", "spleen") - mean(drawn, "t1_out", "spleen")) < 0.1 * edge.max()
    assert mean(drawn, "t2_fatsat", "spleen") > 1.3 * mean(drawn, "t2_fatsat", "liver")


def test_lesions_take_up_more_glucose_than_the_liver() -> None:
    drawn = scene("body", "suv")
    assert mean(drawn, "suv", "lesion") > 1.5 * mean(drawn, "suv", "liver")
    assert drawn.contrasts["suv"].min() >= 0


def test_lungs_are_dark_and_bones_are_bright_on_a_radiograph() -> None:
    chest = draw("chest", 3, (40, 34, 44), ["xray"])
    picture, lungs = chest.contrasts["xray"], chest.organs["lungs"]
    assert picture.shape == (1, 120, 132)
    columns = np.nonzero(lungs)[2]
    middle = (columns.min() + columns.max()) // 2
    assert picture[lungs].mean() < picture[0, 30:90, middle - 3 : middle + 3].mean()
    assert (picture.min(), picture.max()) == (0, 255)


def test_the_parts_of_a_tumour_do_not_meet_and_the_enhancing_rim_shines_with_contrast() -> None:
    drawn = scene("brain", "t1gd", "flair")
    parts = [drawn.organs[name] for name in ("edema", "core", "enhancing")]
    assert np.sum(parts, axis=0).max() == 1
    assert mean(drawn, "t1gd", "enhancing") > 1.5 * mean(drawn, "t1gd", "edema")
    assert mean(drawn, "flair", "edema") > 1.3 * mean(drawn, "flair", "core")


def test_a_heart_squeezes_and_opens_again() -> None:
    drawn = draw("us_heart", 3, (5, 96, 112), ["us"])
    areas = drawn.organs["left_ventricle"].sum(axis=(1, 2))
    assert areas[2] < 0.8 * areas[0]
    assert areas[0] == areas[4]
    assert mean(drawn, "us", "left_ventricle") < 0.6 * mean(drawn, "us", "myocardium")
    assert (drawn.contrasts["us"][0] != drawn.contrasts["us"][4]).any()  # the speckle is new


def test_nothing_is_seen_outside_the_fan() -> None:
    drawn = scene("us_kidney", "us")
    assert drawn.contrasts["us"][0, -1, 0] == 0
    assert drawn.contrasts["us"][0, 0, 0] == 0
    assert drawn.contrasts["us"][drawn.organs["kidney"]].min() >= 0


def test_phantom_sets_use_the_seeds_of_the_benchmark() -> None:
    recipes = [each.recipe for each in registry.datasets().values() if isinstance(each, PhantomSet)]
    assert len(recipes) > 35
    assert all(recipe.seed + len(recipe.volumes) - 1 in BENCHMARK_SEEDS for recipe in recipes)
