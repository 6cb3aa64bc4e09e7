"""Seeds, grids and patterns: what names stand for, and what a mode cannot take."""

import numpy as np
import pytest

from bench_cases import registry
from bench_cases.errors import SelectionError, StrategyError
from bench_cases.prompting.grids import GRIDS, expand
from bench_cases.prompting.limits import why_not
from bench_cases.prompting.seeds import seed_slices, three_slices
from bench_cases.prompting.strategy import SEEDS, Strategy, parse
from bench_cases.selection import Wishes, select
from tests.fakes import BarDataset, bar_volume, checkpoint

RULES = registry.prompt_rules()


def named(*names):
    return [str(strategy) for strategy in expand(names, RULES)]


def test_grid_24_is_three_seeds_two_prompts_two_directions_two_choices():
    cells = expand(["grid-24"], RULES)
    assert len(cells) == len(set(cells)) == 24
    assert {cell.seed for cell in cells} == {"edge", "centre", "largest"}
    assert {cell.prompt for cell in cells} == {"point", "points"}
    assert {cell.direction for cell in cells} == {"forward", "both"}
    assert {cell.choice for cell in cells} == {"first", "confident"}


def test_grid_80_adds_three_slices_boxes_and_masks():
    cells = expand(["grid-80"], RULES)
    assert len(set(cells)) == 80
    assert set(expand(["grid-24"], RULES)) < set(cells)
    assert all(why_not(cell, RULES[cell.prompt]) is None for cell in cells)


def test_all_2d_is_every_prompt_of_image_mode_under_every_choice():
    cells = expand(["all-2d"], RULES)
    assert len(cells) == 14 * 4
    assert {cell.mode for cell in cells} == {"image"}
    assert {"every.boxes.oracle", "every.centroid+10", "every.composite"} < {str(cell) for cell in cells}
    assert "every.mask" not in {str(cell) for cell in cells}


@pytest.mark.parametrize("name", GRIDS)
def test_every_cell_of_a_grid_is_a_name_that_parses_to_it(name):
    for cell in expand([name], RULES):
        assert parse(str(cell), prompts=RULES) == cell


def test_a_pattern_matches_part_by_part():
    assert named("largest.b*.both.*") == [
        "largest.box.both.confident",
        "largest.box.both.first",
        "largest.boxes.both.confident",
        "largest.boxes.both.first",
        "largest.box-all.both.confident",
        "largest.box-all.both.first",
    ]
    assert named("e*.point.*") == [
        "every.point",
        "every.point.confident",
        "every.point.first",
        "every.point.oracle",
        "edge.point.forward",
        "edge.point.both",
    ]
    assert named("every.centroid+[1-5]") == [f"every.centroid+{count}" for count in (1, 2, 3, 5)]
    assert {it.prompt for it in expand(["largest.*.both.*"], RULES)} >= {*RULES, "centroid+10"}
    assert {it.seed for it in expand(["*.point.both"], RULES)} == set(SEEDS) - {"every"}


def test_a_pattern_may_say_what_the_walk_goes_by_and_covers_no_walk_otherwise():
    assert named("largest.b*.both.interpolate=2.first") == [
        f"largest.{prompt}.both.interpolate=2.first" for prompt in ("box", "boxes", "box-all")
    ]
    assert {str(it) for it in expand(["edge.point.*.order=similar"], RULES)} == {"edge.point.forward.order=similar"}
    assert not any(it.interpolate or it.order != "listed" for it in expand(["*.*.*.*", "*.*.*", *GRIDS], RULES))
    with pytest.raises(StrategyError, match="'order=like' is not an order"):
        expand(["edge.*.forward.order=like"], RULES)


def test_an_upper_bound_of_video_mode_is_in_a_pattern_only_where_it_is_written_out():
    assert named("largest.bo*.both.oracle", "every.box.*")[:1] == ["largest.box.both.oracle"]
    assert not any(it.choice == "oracle" for it in expand(["*.*.*.*"], RULES))


def test_names_grids_and_patterns_mix_and_each_strategy_comes_once():
    assert len(named("edge.point.both.first", "grid-24", "edge.*.both.first", "every.composite")) >= 25
    assert named("edge.point.both.first", "grid-24")[0] == "edge.point.both.first"
    assert len(named("edge.point.both.first", "grid-24")) == 24


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("largest.*", r"the pattern 'largest.\*' matches no strategy; expected patterns for seed.prompt\[.mask\]"),
        ("grid-25", "has one part; expected .* or one of grid-24, grid-80, all-2d"),
        ("every.centriod+3", r"'centriod\+3' is not a prompt; .*RULE-noisyNpct.* Did you mean 'centroid\+N'"),
        ("every.box-nosy10pct", "Did you mean 'box-noisyNpct'"),
        ("every.mask-dilated3", "Did you mean 'mask-dilatedNpx'"),
        ("every.point-noisy10pct", "'noisyNpct' disturbs box and boxes, and 'point' draws points"),
        ("slice=x.point.both", "'slice=x' is not a seed; expected one of .* Did you mean 'slice=N'"),
        ("slice=N.point.both", "'slice=N' is not a seed"),
        ("largest.point.foward", "Did you mean 'forward'"),
    ],
)
def test_what_stands_for_nothing_is_refused(name, message):
    with pytest.raises(StrategyError, match=message):
        expand([name], RULES)


def test_numbers_in_names_parse():
    assert parse("slice=40.centroid+7.forward.first", prompts=RULES) == Strategy(
        "slice=40", "centroid+7", "forward", "first"
    )
    assert str(parse("every.box-noisy10pct.oracle", prompts=RULES)) == "every.box-noisy10pct.oracle"


def test_seeds_name_slices():
    volume = bar_volume(slices=9)  # slices 1 to 7 carry it, slice 4 most
    volume.labels_zyx[7] = 0
    at = {seed: seed_slices(seed, volume) for seed in ("middle", "centre", "edge", "largest", "three", "slice=2")}
    assert at == {
        "middle": (4,),
        "centre": (4,),  # element 6 // 2 of 1..6
        "edge": (1,),
        "largest": (4,),
        "three": (2, 3, 4),  # every slice of 1..6 is taken, more than four: the second to the fourth
        "slice=2": (2,),
    }
    volume.labels_zyx[5] = volume.labels_zyx[4]
    assert seed_slices("largest", volume) == (4,)  # the first on ties


@pytest.mark.parametrize(
    ("count", "expected"),
    [
        (1, (0,)),
        (2, (0, 1)),
        (4, (0, 1, 2)),
        (5, (1, 2, 3)),
        (8, (0, 2, 4)),
        (9, (2, 4, 6)),
        (20, (0, 5, 10)),
        (21, (5, 10, 15)),
    ],
)
def test_three_slices_as_defined(count, expected):
    assert three_slices(list(range(count))) == expected


def test_a_numbered_slice_is_counted_in_the_source_file():
    volume = bar_volume(slices=9).limited(3)  # slices 3 to 5
    assert seed_slices("slice=5", volume) == (2,)
    with pytest.raises(StrategyError, match=r"prompts 'slice=2', and slices 3 to 5 are held; expected some bar"):
        seed_slices("slice=2", volume)


@pytest.mark.parametrize("seed", ["centre", "edge", "largest", "three", "slice=3"])
def test_a_volume_without_the_target_has_no_seed(seed):
    volume = bar_volume()
    volume.labels_zyx[:] = 0
    with pytest.raises(
        StrategyError,
        match=rf"prompts '{seed}', which carries no bar; .* no slice of bars/a carries it\. Check its labels, or leave",
    ):
        seed_slices(seed, volume)


@pytest.mark.parametrize("seed", ["middle", "largest"])
def test_a_limit_of_slices_that_leaves_none_with_the_target_is_not_the_volumes_fault(seed):
    volume = bar_volume(slices=9)
    volume.labels_zyx[3:6] = 0
    with pytest.raises(
        StrategyError,
        match=r"nothing that is read of bars/a carries it\. Read more of it: a larger --sam-limit-slices, or none",
    ):
        seed_slices(seed, volume.limited(3))


def test_what_is_told_of_a_limited_volume_is_told_of_the_slices_that_are_read():
    volume = bar_volume(slices=9)
    volume.labels_zyx[4:] = 0
    with pytest.raises(StrategyError, match=r"the middle slice, 4 of 9, .* slice 3 of what is read of bars/a carries"):
        seed_slices("middle", volume.limited(3))


@pytest.mark.parametrize(
    ("shown", "where"), [((1, 2), r"slices 1 to 2 of bars/a carry it"), ((5,), r"slice 5 of bars/a carries it")]
)
def test_a_seed_that_misses_the_target_says_where_it_is_and_what_finds_it(shown, where):
    volume = bar_volume()
    volume.labels_zyx[[z for z in range(7) if z not in shown]] = 0
    with pytest.raises(
        StrategyError,
        match=rf"the middle slice, 3 of 7, .* {where}\. Name a seed .*, 'largest' or 'centre' in place of 'middle'\.",
    ):
        seed_slices("middle", volume)
    assert seed_slices("largest", volume)
    assert seed_slices("centre", volume)


def test_the_seed_is_the_same_however_the_grey_values_are():
    volume = bar_volume()
    before = seed_slices("largest", volume)
    volume.image_zyx[:] = np.random.default_rng(0).integers(0, 100, volume.image_zyx.shape)
    assert seed_slices("largest", volume) == before


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("every.mask", "image mode takes points and boxes"),
        ("every.mask-eroded3px", "image mode takes points and boxes"),
        ("middle.boxes.both.oracle", "the reference does not say which part of it belongs to which box"),
        ("three.boxes.both", "the boxes of three slices cannot be told to belong together"),
        ("dataset=coordinates.mask.both", "a mask has no coordinates"),
    ],
)
def test_what_a_mode_cannot_take_is_listed_by_name_and_not_run(name, reason):
    def choose(*names):
        return select(
            Wishes(strategies=names),
            datasets={"bars": BarDataset()},
            checkpoints={"both": checkpoint("both")},
            missing={},
            rules=RULES,
        )

    selection = choose(name, "every.box")
    assert [str(it) for it in selection.strategies] == ["every.box"]
    (line,) = selection.not_run
    assert line.what == f"strategies {name}"
    assert reason in line.reason
    with pytest.raises(SelectionError, match=f"nothing is left to run: strategies {name}: .*{reason}"):
        choose(name)
