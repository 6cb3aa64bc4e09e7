import math
from dataclasses import replace

import pytest

from bench_cases.cases import Case, CaseResult, Floor, Scores, SliceScores
from bench_cases.errors import ConfigError
from bench_cases.floors import NO_FLOOR, Floors, dataset_shortfall, shortfall, volume_shortfall

CASE = Case("coronacases", "001", "sam_vit_l", "every.composite")


def floors(tmp_path, text):
    path = tmp_path / "floors.toml"
    path.write_text(text, encoding="utf-8")
    return Floors.read(path)


def test_the_most_specific_entry_wins_whatever_the_order(tmp_path):
    read = floors(
        tmp_path,
        """
        [[volume]]
        volume = "001"
        dataset = "coronacases"
        dice = 0.9
        jaccard = 0.8
        [[volume]]
        dataset = "corona*"
        dice = 0.1
        jaccard = 0.1
        [[volume]]
        dataset = "coronacases"
        dice = 0.5
        jaccard = 0.4
        source = "the set"
        """,
    )
    assert read.for_volume(CASE).dice == 0.9
    assert read.for_volume(CASE._replace(volume="002")) == Floor(0.5, 0.4, "the set")
    assert read.for_volume(CASE._replace(dataset="coronacases-phantom")).dice == 0.1
    assert read.for_volume(CASE._replace(dataset="montgomery")) is NO_FLOOR
    assert read.for_dataset(CASE) is None


def test_published_figures_are_kept_and_the_tolerance_is_taken_off(tmp_path):
    read = floors(
        tmp_path,
        """
        [[dataset]]
        dataset = "coronacases"
        published = { dice = 0.96, jaccard = 0.93 }
        tolerance = 0.02
        source = "A study"
        """,
    )
    floor = read.for_dataset(CASE)
    assert floor.dice == pytest.approx(0.94)
    assert floor.jaccard == pytest.approx(0.91)
    assert floor.source == "A study: Dice 0.9600, Jaccard 0.9300, less a tolerance of 0.02"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[volume]\n", "floors.toml cannot be read"),
        ("[[floor]]\ndice = 1\n", r"\[\[floor\]\] is not known; expected \[\[volume\]\] or \[\[dataset\]\]"),
        ("[[volume]]\ndise = 1\njaccard = 1\n", "entry 1 has the key 'dise'; .* Did you mean 'dice'"),
        ("[[volume]]\ndice = 0.5\n", "lacks dice or jaccard; expected both"),
        ("[[volume]]\ndice = 95\njaccard = 90\n", "expected shares between 0 and 1"),
        ("[[dataset]]\nvolume = '1'\ndice = 0.5\njaccard = 0.5\n", "has the key 'volume'"),
        (
            "[[volume]]\ndice = 0\njaccard = 0\n[[volume]]\ndice = 1\njaccard = 1\n",
            "the same cases as an earlier entry",
        ),
    ],
)
def test_a_malformed_file_says_which_entry_and_what_was_expected(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        floors(tmp_path, text)


def test_a_miss_states_value_floor_and_source():
    floor = Floor(0.9, 0.8, "a study")
    assert shortfall(floor, dice=0.9, jaccard=0.8, what="w") == ""
    missed = shortfall(floor, dice=0.85, jaccard=0.7, what="w")
    assert missed == "Dice 0.8500 < 0.9000, Jaccard 0.7000 < 0.8000 (w; the floor comes from: a study)"


def test_nan_is_below_every_floor():
    assert "Dice nan < 0.0000" in shortfall(NO_FLOOR, dice=math.nan, jaccard=1, what="w")


def scores(dice, px):
    return Scores(
        dice_nonempty=0.5,
        jaccard_nonempty=0.5,
        dice_all=1,
        jaccard_all=1,
        slices=len(dice),
        slices_nonempty=sum(p > 0 for p in px),
        slices_empty_painted=0,
        false_positive_empty_voxels=0,
        false_positive_empty_ml=None,
        per_slice=SliceScores(
            index=list(range(len(dice))),
            dice=dice,
            jaccard=dice,
            reference_px=px,
            predicted_px=px,
            intersection_px=px,
        ),
    )


def test_a_volume_is_held_to_its_mean_over_slices_with_the_target():
    assert "mean over the 2 slices" in volume_shortfall(Floor(0.6, 0.6, "s"), scores([0.5, 0.5, None], [1, 1, 0]))


def test_a_dataset_pools_slices_leaves_empty_ones_out_and_keeps_zeros():
    results = [
        CaseResult(case=CASE, status="passed", scores=scores([1.0, 0.0, None], [5, 5, 0])),
        CaseResult(case=CASE, status="passed", scores=scores([1.0, 0.0], [5, 0])),  # painted an empty slice
    ]
    assert dataset_shortfall(Floor(2 / 3, 2 / 3, "s"), results) == ""
    assert "Dice 0.6667 < 0.7000" in dataset_shortfall(Floor(0.7, 0.6, "s"), results)
    assert "mean over 3 slices of 2 volumes" in dataset_shortfall(Floor(0.7, 0.6, "s"), results)


def test_a_volume_that_failed_fails_its_dataset():
    results = [replace(CaseResult(case=CASE, status="error"), message="broken")]
    assert "1 of 1 volumes left no scores (001); expected all" in dataset_shortfall(NO_FLOOR, results)
