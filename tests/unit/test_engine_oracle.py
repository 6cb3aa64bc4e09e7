"""The upper bound in video mode: which candidate is taken, on which frames, and what is said about it."""

from fractions import Fraction

import numpy as np
import pytest

from bench_cases import registry
from bench_cases.engine.foreign_seed import seed_from
from bench_cases.engine.oracle import ORACLE, Oracle, match
from bench_cases.engine.segment import segment
from bench_cases.prompting.strategy import parse
from tests.fakes import BrightSegmenter, bar_volume, loaded

RULES = registry.prompt_rules()


def run(volume, *names):
    strategies = [parse(name, prompts=RULES) for name in names]
    foreign = {it.prompt: seed_from(bar_volume(volume_id="first"), RULES[it.prompt]) for it in strategies if it.foreign}
    return list(segment(volume, loaded(BrightSegmenter()), strategies, rules=RULES, foreign=foreign).values())


def test_a_tracked_frame_takes_the_candidate_that_matches_and_a_boxed_one_has_no_choice():
    volume = bar_volume()
    volume.labels_zyx[3:, 4:6] = 0  # of slices 3 to 5 the lower half is the target; the model sees the whole bar
    oracle, confident = run(volume, "slice=1.box-all.forward.oracle", "slice=1.box-all.forward.confident")
    box = volume.labels_zyx[1] > 0  # the box is remembered: rows 4 to 7, candidates without 1, 0 or 2 rows and columns
    rows, columns = np.flatnonzero(box.any(1)), np.flatnonzero(box.any(0))
    assert (rows[0], columns[0], columns[-1]) == (4, 5, 10)
    for z in (1, 2):
        np.testing.assert_array_equal(oracle.masks_zyx[z], box)
    for z in (3, 4, 5):
        expected = np.zeros_like(box)
        expected[6:8, 7:11] = True  # without two: 8 of 8 pixels are right, against 10 of 15 and 12 of 24
        np.testing.assert_array_equal(oracle.masks_zyx[z], expected)
        np.testing.assert_array_equal(confident.masks_zyx[z], box)


def test_what_the_upper_bound_chose_from_is_recorded():
    oracle, first, seeded = run(
        bar_volume(), "slice=1.box.both.oracle", "slice=1.box.both.first", "dataset.point.both.oracle"
    )
    assert oracle.details["upper_bound"] == ORACLE
    facts = oracle.details["oracle"]
    assert (facts["frames_with_candidates"], facts["frames_walked"]) == (1 + 5, 2 + 6)  # the boxed frame has one mask
    assert facts["memory"] == "holds the candidate taken"
    assert "upper_bound" not in first.details
    assert "oracle" not in first.details
    facts = seeded.details["oracle"]
    assert (facts["frames_with_candidates"], facts["frames_walked"]) == (8, 10)  # not on the seed's own frame


def test_past_the_end_of_a_structure_the_candidate_that_paints_least_is_the_best():
    reference = np.zeros((2, 1, 4), bool)
    reference[0, 0, :2] = True
    masks = [np.arange(4)[np.newaxis] < painted for painted in (4, 1, 2, 2)]
    oracle = Oracle(reference_zyx=reference, keys=(1, 0, Fraction(1, 2), -1))
    assert [oracle(position, masks) for position in range(4)] == [1, 2, None, None]
    assert oracle.asked == 2
    assert match(masks[0], reference[0]) == (0.5, -2)


def test_an_upper_bound_of_several_boxes_is_refused():
    (error,) = run(bar_volume(), "edge.boxes.both.oracle")
    assert "the reference does not say which part of it belongs to which box" in str(error)


@pytest.mark.parametrize("seed", ["middle", "three"])
def test_an_upper_bound_is_no_worse_than_the_models_own_choice_frame_by_frame(seed):
    volume = bar_volume(slices=9)
    volume.labels_zyx[4:, 4] = 0
    oracle, own = run(volume, f"{seed}.centroid+3.both.oracle", f"{seed}.centroid+3.both")
    for z in range(9):
        assert match(oracle.masks_zyx[z], volume.reference_zyx[z]) >= match(own.masks_zyx[z], volume.reference_zyx[z])
