import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench_cases.errors import StrategyError
from bench_cases.prompting._inside import inside_point
from bench_cases.prompting.composite import RULES, tight_box
from bench_cases.prompting.strategy import DEFAULT_STRATEGIES, Strategy, parse

COMPOSITE, FRAME_CENTRE = RULES
MASKS = arrays(bool, st.tuples(st.integers(1, 12), st.integers(1, 12)))


def mask_of(*rows: str) -> np.ndarray:
    return np.array([[mark == "#" for mark in row] for row in rows])


@given(MASKS.filter(np.any))
def test_the_point_is_always_inside_the_label(mask):
    x, y = inside_point(mask)
    assert mask[y, x]


@given(MASKS.filter(np.any))
def test_a_label_that_fills_the_frame_to_its_border_does_not_crash(mask):
    mask[:] = True
    x, y = inside_point(mask)
    assert mask[y, x]


def test_a_ring_is_left_by_the_direction_that_crosses_most_of_it():
    # The centre of mass (3, 2) is a hole. Up and down cross one pixel, left two, right one: the middle of the left
    # two is x = 1, then the run along the column through (1, 2) is longer than the run along the row.
    ring = mask_of(
        "#######",
        "##...##",
        "##...##",
        "##...##",
        "#######",
    )
    assert inside_point(ring) == (1, 2)


def test_an_l_shape_is_entered_and_centred_by_hand():
    shape = mask_of(
        "#......",
        "#......",
        "#......",
        "#######",
    )
    # centre of mass: rows (0+1+2+7*3)/10 = 2.4 -> 2, columns 21/10 = 2.1 -> 2: outside. Up none, down 1 (row 3),
    # left 1, right none; ties go to the earlier direction: down. At (2, 3) the row's run 0..6 is longer: x = 3.
    assert inside_point(shape) == (3, 3)


def test_when_no_direction_crosses_the_label_the_nearest_pixel_is_taken():
    corners = np.zeros((5, 5), bool)
    corners[0, 0] = corners[4, 4] = True  # the centre of mass (2, 2) sees neither
    assert inside_point(corners) == (0, 0)


def test_a_label_with_two_parts_keeps_to_one_run():
    parts = mask_of("###..##")
    assert inside_point(parts) == (1, 0)


def test_an_empty_label_has_no_inside():
    with pytest.raises(StrategyError, match="no pixel on this slice; expected at least one"):
        inside_point(np.zeros((3, 3), bool))


def test_lungs_get_one_box_two_positives_and_one_negative_at_the_centre_of_the_box():
    labels = np.zeros((10, 20), np.uint8)
    labels[2:8, 3:7] = 1
    labels[2:8, 12:16] = 2
    prompt = COMPOSITE(labels, seed=0)
    assert prompt.box_xyxy == (3, 2, 15, 7)
    assert prompt.labels == (1, 1, 0)
    assert prompt.points_xy[2] == (9.0, 4.5)
    assert all(labels[int(y), int(x)] == label for (x, y), label in zip(prompt.points_xy[:2], (1, 2), strict=True))


def test_the_papers_text_puts_the_negative_at_the_centre_of_the_frame():
    labels = np.zeros((11, 21), np.uint8)
    labels[1:3, 1:3] = 1
    assert FRAME_CENTRE(labels, seed=0).points_xy[-1] == (10.0, 5.0)


def test_a_lung_that_touches_the_border_is_prompted_where_the_original_crashes():
    labels = np.zeros((8, 8), np.uint8)
    labels[:, :3] = 1
    labels[:, 5:] = 2
    prompt = COMPOSITE(labels, seed=0)
    assert prompt.box_xyxy == (0, 0, 7, 7)
    assert prompt.labels == (1, 1, 0)


def test_the_box_around_one_pixel_has_no_extent():
    mask = np.zeros((4, 4), bool)
    mask[2, 1] = True
    assert tight_box(mask) == (1, 2, 1, 2)


def test_a_slice_without_the_target_cannot_be_prompted():
    with pytest.raises(StrategyError, match="slice without the target"):
        COMPOSITE(np.zeros((4, 4), np.uint8), seed=0)


@pytest.mark.parametrize(
    "name",
    [
        *DEFAULT_STRATEGIES,
        "dataset=coordinates.composite.both",
        "middle.composite.both.first",
        "middle.composite.both.oracle",
        "middle.composite.both.interpolate=2",
        "slice=4.composite.forward.interpolate=12.first",
        "dataset.composite.forward.order=similar",
        "three.composite.forward.order=similar.oracle",
    ],
)
def test_a_name_parses_to_a_value_that_prints_as_the_name(name):
    assert str(parse(name, prompts=["composite"])) == name


def test_the_default_mask_choice_may_be_written_out():
    assert parse("every.composite.single", prompts=["composite"]) == Strategy("every", "composite")


def test_the_default_order_may_be_written_out_and_is_no_other_strategy():
    listed = parse("middle.composite.both.order=listed.first", prompts=["composite"])
    assert listed == parse("middle.composite.both.first", prompts=["composite"])
    assert str(listed) == "middle.composite.both.first"
    assert parse("middle.composite.both.interpolate=2", prompts=["composite"]).interpolate == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("every", "has one part; expected seed.prompt"),
        ("evry.composite", "'evry' is not a seed; expected one of .* Did you mean 'every'"),
        ("every.compsite", "'compsite' is not a prompt; .* Did you mean 'composite'"),
        ("middle.composite", "say how to go on from there: 'middle.composite.both'"),
        ("middle.composite.bth", "Did you mean 'both'"),
        ("every.composite.both", "nothing is propagated; leave 'both' out"),
        ("every.composite.first.first", "goes on with 'first'"),
        ("middle.composite.both.first.order=listed", "goes on with 'order=listed'; expected seed.prompt.*walk"),
        ("middle.composite.forward.order=simlar", "'order=simlar' is not an order; .* Did you mean 'order=similar'"),
        ("every.composite.order=similar", "says 'order=similar' where nothing is propagated; expected a direction"),
        ("middle.composite.interpolate=2", "says 'interpolate=2' where nothing is propagated"),
        (
            "middle.composite.both.order=similar.first",
            "leads away from the seed once: 'middle.composite.forward.order=similar.first'",
        ),
        ("middle.composite.both.interpolate=0", "'interpolate=0' is not a number of frames .* such as interpolate=2"),
        ("middle.composite.both.interpolate=1.5", "goes on with|is not a mask choice"),
        ("middle.composite.both.interpolate=x", "'interpolate=x' is not a number of frames"),
        ("middle.composite.both.order=listed.interpolate=2", "says both 'order=listed' and 'interpolate=2'"),
        ("every.composite.best", "'best' is not a mask choice; expected one of confident, first, oracle, single"),
    ],
)
def test_a_wrong_name_says_which_part_is_wrong(name, message):
    with pytest.raises(StrategyError, match=message):
        parse(name, prompts=["composite"])
