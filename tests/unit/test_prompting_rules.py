"""What every prompt rule promises, on random masks: touching the border, of one pixel, of many parts, hollow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import binary_fill_holes, label

from bench_cases import registry
from bench_cases.engine.draw import draw_prompt
from bench_cases.errors import StrategyError
from bench_cases.prompt import NEGATIVE, POSITIVE, Prompt
from bench_cases.prompting._components import deepest_point, largest_components
from bench_cases.prompting.centroid import far_outside
from bench_cases.prompting.composite import tight_box
from tests.fakes import bar_volume

RULES = registry.prompt_rules()
PLAIN = (*RULES, "centroid+1", "centroid+3", "centroid+10")
NOISY = (
    "box-noisy10pct",
    "boxes-noisy80pct",
    "box-all-noisy300pct",
    "point-noisy5px",
    "centroid+3-noisy40px",
    "composite-noisy10pct-noisy5px",
    "mask-dilated3px",
    "mask-eroded2px",
    "mask-shifted7px",
    "mask-dilated1px-shifted3px",
)
POINTS_ONLY = ("point", "points", "centroid", "centroid+2neg", "centroid+1", "centroid+3", "centroid+10")

SHAPES = st.tuples(st.integers(1, 12), st.integers(1, 12))


@st.composite
def labelled(draw):
    """Label maps: noise, one pixel, a hollow box at the border, many parts."""
    shape = draw(SHAPES)
    kind = draw(st.sampled_from(["noise", "one pixel", "hollow", "full"]))
    labels = np.zeros(shape, np.uint8)
    if kind == "noise":
        labels = draw(arrays(np.uint8, shape, elements=st.sampled_from([0, 0, 1, 2])))
    elif kind == "hollow":
        labels[:] = 1
        labels[1:-1, 1:-1] = 0
    elif kind == "full":
        labels[:] = 1
    y, x = draw(st.integers(0, shape[0] - 1)), draw(st.integers(0, shape[1] - 1))
    labels[y, x] = max(1, labels[y, x])
    return labels


def mask_drawn(name, labels):
    mask = RULES[name](labels, seed=0).mask_yx
    assert mask is not None
    return mask


def box_drawn(name, labels, seed=0):
    box = RULES[name](labels, seed=seed).box_xyxy
    assert box is not None
    return box


def marks(prompt):
    return [(int(x), int(y), kind) for (x, y), kind in zip(prompt.points_xy, prompt.labels, strict=True)]


@pytest.mark.parametrize("name", POINTS_ONLY)
@settings(max_examples=40)
@given(labels=labelled(), seed=st.integers(0, 2**64 - 1))
def test_positives_lie_inside_and_negatives_outside(name, labels, seed):
    prompt = RULES[name](labels, seed=seed)
    assert prompt.labels[0] == POSITIVE
    for x, y, kind in marks(prompt):
        assert (labels[y, x] > 0) == (kind == POSITIVE)
    assert len(set(prompt.points_xy)) == len(prompt.points_xy)


@pytest.mark.parametrize("name", [*PLAIN, *NOISY])
@settings(max_examples=25)
@given(labels=labelled(), seed=st.integers(0, 2**64 - 1))
def test_nothing_leaves_the_frame_and_the_same_seed_gives_the_same_prompt(name, labels, seed):
    rule = RULES[name]
    prompt = rule(labels, seed=seed)  # Prompt itself refuses what lies outside the frame
    assert rule.name == name
    assert prompt.size_yx == labels.shape
    assert rule(labels.copy(), seed=seed).digest() == prompt.digest()
    assert prompt.mask_yx is None or prompt.mask_yx.any()
    given_kinds = {"points"} if prompt.n_points else set()
    given_kinds |= {"box", "boxes"} if prompt.n_boxes else set()
    given_kinds |= {"mask"} if prompt.mask_yx is not None else set()
    assert set(rule.gives) <= given_kinds


@given(labelled())
def test_boxes_are_tight_around_the_largest_components(labels):
    mask = labels > 0
    parts = largest_components(mask)
    assert [part.box_xyxy for part in RULES["boxes"](labels, seed=0).parts] == [tight_box(part) for part in parts]
    assert RULES["box"](labels, seed=0).box_xyxy == tight_box(parts[0])
    assert RULES["box-all"](labels, seed=0).box_xyxy == tight_box(mask)
    x0, y0, x1, y1 = (int(edge) for edge in box_drawn("box-all", labels))
    assert mask[y0 : y1 + 1, x0 : x1 + 1].sum() == mask.sum()
    for edge in (mask[y0, :], mask[y1, :], mask[:, x0], mask[:, x1]):
        assert edge.any()


@given(labelled())
def test_components_are_8_connected_disjoint_and_sorted(labels):
    parts = largest_components(labels > 0)
    assert 1 <= len(parts) <= 3
    assert all(label(part, np.ones((3, 3)))[1] == 1 for part in parts)
    assert np.sum(parts, axis=0).max() == 1
    sizes = [int(part.sum()) for part in parts]
    assert sizes == sorted(sizes, reverse=True)


@given(labelled())
def test_the_reference_mask_is_given_as_it_is(labels):
    np.testing.assert_array_equal(mask_drawn("mask", labels), labels > 0)


@given(labelled(), st.integers(1, 4))
def test_masks_grow_and_shrink_by_what_is_said(labels, pixels):
    mask = labels > 0
    grown = mask_drawn(f"mask-dilated{pixels}px", labels)
    shrunk = mask_drawn(f"mask-eroded{pixels}px", labels)
    moved = mask_drawn(f"mask-shifted{pixels}px", labels)
    assert not (mask & ~grown).any()
    assert not (shrunk & ~mask).any()
    assert moved.sum() == mask.sum()


def test_every_rule_refuses_a_slice_without_the_target():
    for name in (*PLAIN, *NOISY):
        with pytest.raises(StrategyError, match=r"slice without the target; expected at least one pixel of it"):
            RULES[name](np.zeros((4, 4), np.uint8), seed=0)


def test_the_deepest_point_by_hand():
    mask = np.zeros((7, 9), bool)
    mask[1:6, 1:8] = True  # depth 3 along row 3, columns 3 to 5: the lowest column
    assert deepest_point(mask) == (3, 3)
    assert deepest_point(np.ones((5, 5), bool)) == (2, 2)  # beyond the border is outside


def test_a_hollow_structure_is_prompted_in_its_wall():
    labels = np.zeros((9, 9), np.uint8)
    labels[1:8, 1:8] = 1
    labels[3:6, 3:6] = 0
    for name in ("point", "centroid"):
        ((x, y, _),) = marks(RULES[name](labels, seed=0))
        assert labels[y, x]
        assert binary_fill_holes(labels)[4, 4]


def test_points_and_boxes_take_the_three_largest_of_five():
    labels = np.zeros((3, 20), np.uint8)
    for start, size in ((0, 1), (2, 4), (7, 2), (10, 3), (14, 1)):
        labels[1, start : start + size] = 1
    assert RULES["points"](labels, seed=0).points_xy == ((2.0, 1.0), (10.0, 1.0), (7.0, 1.0))
    boxes = [part.box_xyxy for part in RULES["boxes"](labels, seed=0).parts]
    assert boxes == [(2, 1, 5, 1), (10, 1, 12, 1), (7, 1, 8, 1)]
    assert RULES["boxes"](labels, seed=0).n_boxes == 3


def test_two_negatives_are_far_from_the_positive_and_from_each_other():
    mask = np.zeros((21, 21), bool)
    mask[5:16, 5:16] = True  # side 11: the box grows by one pixel, to 4..16
    assert far_outside(mask, (10, 10), 2) == [(4, 4), (16, 16)]
    prompt = RULES["centroid+2neg"](mask.astype(np.uint8), seed=0)
    assert marks(prompt) == [(10, 10, POSITIVE), (4, 4, NEGATIVE), (16, 16, NEGATIVE)]


def test_without_an_outside_there_are_no_negatives():
    assert RULES["centroid+2neg"](np.ones((3, 3), np.uint8), seed=0).labels == (POSITIVE,)


def test_further_positives_are_as_many_as_asked_for_or_as_there_are():
    labels = np.zeros((6, 6), np.uint8)
    labels[2, 1:5] = 1
    assert RULES["centroid+2"](labels, seed=0).n_points == 3
    assert RULES["centroid+10"](labels, seed=0).n_points == 4
    assert len({RULES["centroid+2"](labels, seed=seed).digest() for seed in range(20)}) > 1


def test_displaced_points_move_by_the_stated_pixels():
    labels = np.zeros((41, 41), np.uint8)
    labels[20, 20] = 1
    for seed in range(20):
        ((x, y, _),) = marks(RULES["point-noisy10px"](labels, seed=seed))
        assert abs(np.hypot(x - 20, y - 20) - 10) < 1


def test_box_edges_move_by_no_more_than_the_stated_share():
    labels = np.zeros((100, 100), np.uint8)
    labels[40:60, 30:70] = 1  # 40 wide, 20 high
    moves = np.array(
        [np.subtract(box_drawn("box-noisy10pct", labels, seed), (30, 40, 69, 59)).tolist() for seed in range(50)]
    )
    assert np.abs(moves).max(axis=0).tolist() == [4, 2, 4, 2]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("point-noisy10pct", r"'noisyNpct' disturbs box and boxes, and 'point' draws points; expected noisyNpct after"),
        ("box-noisy5px", r"'noisyNpx' disturbs points, and 'box' draws box"),
        ("box-dilated5px", r"'dilatedNpx' disturbs mask, and 'box' draws box"),
    ],
)
def test_a_suffix_that_disturbs_nothing_is_refused(name, message):
    with pytest.raises(StrategyError, match=message):
        RULES[name]


@pytest.mark.parametrize("name", ["centroid+0", "centroid+-1", "bx-noisy5px", "box-noisy0pct", "box-noisy5", "mask-x"])
def test_names_of_no_rule_are_unknown(name):
    assert name not in RULES


def test_the_same_identity_gets_the_same_prompt_whatever_was_drawn_before():
    volume = bar_volume()
    names = [*PLAIN, *NOISY]
    once = {(name, z): draw_prompt(volume, z, RULES[name]).digest() for name in names for z in (2, 3)}
    again = {(name, z): draw_prompt(volume, z, RULES[name]).digest() for z in (3, 2) for name in reversed(names)}
    assert once == again
    limited = volume.limited(3)  # slices 2 to 4 of the source
    assert draw_prompt(limited, 1, RULES["centroid+3"]).digest() == once["centroid+3", 3]


def test_a_prompt_with_parts_counts_them_and_tells_of_them():
    box = Prompt(size_yx=(10, 10), box_xyxy=(0, 0, 3, 3))
    two = Prompt(size_yx=(10, 10), box_xyxy=(5, 5, 8, 8), apart=(box,))
    assert (two.n_boxes, len(two.parts), two.parts[1]) == (2, 2, box)
    assert two.to_json()["apart"] == [box.to_json()]
    assert "apart" not in box.to_json()
    assert two.scaled_to((20, 20)).n_boxes == 2
    with pytest.raises(StrategyError, match=r"nested, or of other frames than \(10, 10\); expected neither"):
        Prompt(size_yx=(10, 10), box_xyxy=(0, 0, 1, 1), apart=(two,))
