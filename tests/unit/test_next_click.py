"""The simulated user: where the next click goes, by hand on small masks and by its promises on any."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from bench_cases import registry
from bench_cases.engine.draw import draw_prompt
from bench_cases.errors import DataError, StrategyError
from bench_cases.prompt import NEGATIVE, POSITIVE
from bench_cases.prompting.clicks import first_prompt
from bench_cases.prompting.grids import expand
from bench_cases.prompting.limits import why_not
from bench_cases.prompting.next_click import Correction, next_click, next_click_in_volume, worst_slice
from bench_cases.prompting.strategy import Strategy, parse
from tests.fakes import bar_volume

RULES = registry.prompt_rules()


def picture(*rows):
    return np.array([[pixel == "#" for pixel in row] for row in rows])


NOTHING = picture(".......", ".......", ".......", ".......", ".......")


def test_a_missed_structure_is_clicked_at_its_deepest_point():
    reference = picture(".......", ".#####.", ".#####.", ".#####.", ".......")
    # The middle row is 2 deep from column 2 to 4; of these the lowest column.
    assert next_click(NOTHING, reference) == Correction(x=2, y=2, label=POSITIVE, error_px=15)


def test_paint_where_nothing_is_gets_a_negative_click():
    predicted = picture("...###.", "...###.", "...###.", ".......", ".......")
    assert next_click(predicted, NOTHING) == Correction(x=4, y=1, label=NEGATIVE, error_px=9)


def test_the_largest_error_is_clicked_whatever_its_kind():
    reference = picture("##.....", "##.....", ".......", ".......", ".......")
    predicted = picture(".......", ".......", ".......", "....###", "....###")
    assert next_click(predicted, reference) == Correction(x=4, y=3, label=NEGATIVE, error_px=6)
    assert next_click(NOTHING, reference) == Correction(x=0, y=0, label=POSITIVE, error_px=4)


def test_of_equal_errors_the_missed_one_comes_first_and_then_the_one_met_first():
    reference = picture("......#", ".......", "#......", ".......", ".......")
    predicted = picture("#......", ".......", ".......", ".......", "......#")
    assert next_click(predicted, reference) == Correction(x=6, y=0, label=POSITIVE, error_px=1)
    assert next_click(predicted, reference & False) == Correction(x=0, y=0, label=NEGATIVE, error_px=1)


def test_a_large_thin_error_comes_before_a_small_deep_one():
    reference = picture("#######", ".......", "###....", "###....", "...#...")
    found = picture(".......", ".......", "###....", "###....", "...#...")
    assert next_click(found, reference) == Correction(x=0, y=0, label=POSITIVE, error_px=7)
    joined = picture("#######", ".......", "###....", "###....", "...##..")  # six, and two that touch them by a corner
    assert next_click(reference & False, joined) == Correction(x=0, y=2, label=POSITIVE, error_px=8)


def test_missed_and_painted_pixels_side_by_side_are_two_errors():
    reference = picture("###....", ".......", ".......", ".......", ".......")
    predicted = picture("...##..", ".......", ".......", ".......", ".......")
    assert next_click(predicted, reference) == Correction(x=0, y=0, label=POSITIVE, error_px=3)


def test_beyond_the_frame_is_outside_so_that_a_click_stays_away_from_the_border():
    assert next_click(np.zeros((5, 5), bool), np.ones((5, 5), bool)) == Correction(2, 2, POSITIVE, 25)


def test_where_nothing_is_wrong_there_is_no_click():
    reference = picture("##", "##")
    assert next_click(reference, reference) is None
    assert next_click(reference & False, reference & False) is None
    assert worst_slice(reference[None], reference[None]) is None
    assert next_click_in_volume(reference[None], reference[None]) is None


def test_masks_of_two_shapes_are_refused():
    with pytest.raises(DataError, match=r"reference has shape \(2, 2\) and the prediction \(5, 7\); expected the same"):
        next_click(NOTHING, picture("##", "##"))


def test_in_a_volume_the_slice_with_most_wrong_pixels_is_clicked_and_the_first_on_ties():
    reference = np.zeros((4, 5, 7), bool)
    reference[1, 1:4, 1:6] = True
    predicted = np.zeros_like(reference)
    predicted[0, 0, :3] = True
    predicted[1] = reference[1]
    predicted[1, 2, 3] = False  # an overlap of 14 of 15, against none at all on slice 0
    assert worst_slice(predicted, reference) == 0
    predicted[2:, 4, :3] = True
    assert worst_slice(predicted, reference) == 0
    predicted[3, 3, 0] = True
    assert next_click_in_volume(predicted, reference) == (3, Correction(x=0, y=3, label=NEGATIVE, error_px=4))


MASKS = array_shapes(min_dims=2, max_dims=2, max_side=9).flatmap(
    lambda shape: st.tuples(arrays(bool, shape), arrays(bool, shape))
)


@given(MASKS)
@settings(max_examples=60)
def test_a_click_lies_in_the_frame_in_an_error_of_its_own_kind_and_comes_the_same_way_again(masks):
    predicted, reference = masks
    click = next_click(predicted, reference)
    if click is None:
        assert np.array_equal(predicted, reference)
        return
    height, width = reference.shape
    assert 0 <= click.x < width
    assert 0 <= click.y < height
    assert reference[click.y, click.x] == (click.label == POSITIVE)
    assert predicted[click.y, click.x] == (click.label == NEGATIVE)
    assert 1 <= click.error_px <= (predicted ^ reference).sum()
    assert next_click(predicted.copy(), reference.copy()) == click


@given(MASKS)
@settings(max_examples=30)
def test_mending_the_clicked_error_again_and_again_ends(masks):
    from scipy.ndimage import label

    predicted, reference = masks
    for _ in range(predicted.size + 1):
        click = next_click(predicted, reference)
        if click is None:
            break
        wrong = (predicted != reference) & (reference == (click.label == POSITIVE))
        parts, _ = label(wrong, structure=np.ones((3, 3)))
        component = parts == parts[click.y, click.x]
        assert component.sum() == click.error_px == max(np.bincount(parts.ravel())[1:])
        predicted = predicted ^ component
    assert np.array_equal(predicted, reference)


# ---------------------------------------------------------------- names


def test_any_rule_of_points_or_one_box_takes_clicks_and_any_number():
    for name in ("point", "points", "composite", "box-all", "centroid+3", "box-noisy10pct"):
        rule = RULES[f"{name}+clicks=7"]
        assert first_prompt(rule) == (RULES[name], 7)
        assert set(rule.gives) == {*RULES[name].gives, "clicks"}
    assert first_prompt(RULES["point"]) == (RULES["point"], 0)
    assert parse("middle.point+clicks=3.both.first", prompts=RULES) == Strategy(
        "middle", "point+clicks=3", "both", "first"
    )
    assert str(parse("every.centroid+3+clicks=10", prompts=RULES)) == "every.centroid+3+clicks=10"


def test_the_first_prompt_is_that_of_the_rule_without_clicks_even_where_it_is_random():
    volume = bar_volume()
    plain, clicked = (draw_prompt(volume, 3, RULES[f"centroid+3{more}"]) for more in ("", "+clicks=2"))
    assert plain.digest() == clicked.digest()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("every.point+clicks=0", r"'point\+clicks=0' is not a prompt; .*RULE\+clicks=N"),
        ("every.point+clics=3", r"Did you mean 'point\+clicks=N'"),
        (
            "every.point+clicks=1+clicks=2",
            "clicks follow clicks; expected .* once, at the end, with N the number of all",
        ),
        ("every.point+clicks=2-noisy5px", r"clicks come last, and are not disturbed; expected the suffix before"),
    ],
)
def test_a_name_with_clicks_that_means_nothing_is_refused(name, message):
    with pytest.raises(StrategyError, match=message):
        expand([name], RULES)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("middle.mask+clicks=2.both", "a mask prompt is the reference, which needs no correction"),
        ("every.boxes+clicks=2", "a click cannot be told to belong to one of them"),
        ("middle.boxes+clicks=2.both", "a click cannot be told to belong to one of them"),
        ("middle.point+clicks=2.both.oracle", "in video mode use one of them"),
    ],
)
def test_what_takes_no_clicks_is_said_by_name_before_anything_runs(name, reason):
    strategy = parse(name, prompts=RULES)
    assert reason in (why_not(strategy, RULES[strategy.prompt]) or "")


@pytest.mark.parametrize(
    "name",
    [
        "every.point+clicks=2.oracle",
        "middle.point+clicks=2.forward",
        "three.box+clicks=1.both",
        "dataset.composite+clicks=1.both",
    ],
)
def test_clicks_go_with_every_seed_direction_and_choice_of_their_mode(name):
    strategy = parse(name, prompts=RULES)
    assert why_not(strategy, RULES[strategy.prompt]) is None
