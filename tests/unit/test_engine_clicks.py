"""Interactive refinement in the engine, with segmenters whose answers can be worked out by hand."""

import json
from dataclasses import replace

import numpy as np
import pytest

from bench_cases import registry
from bench_cases.cases import Case, CaseResult
from bench_cases.engine.foreign_seed import seed_from
from bench_cases.engine.segment import segment
from bench_cases.engine.segmentation import Segmentation
from bench_cases.prompting.strategy import parse
from bench_cases.report.cost_rows import costs
from bench_cases.report.prompts_spent import spending
from tests.fakes import BrightSegmenter, bar_volume, loaded
from tests.unit.test_runner import make_runner

RULES = registry.prompt_rules()


def run(segmenter, *names, volume=None):
    volume = volume or bar_volume()
    strategies = [parse(name, prompts=RULES) for name in names]
    seed = seed_from(bar_volume(volume_id="first"), RULES["composite"])
    foreign = {it.prompt: seed for it in strategies if it.foreign}
    results = segment(volume, loaded(segmenter), strategies, rules=RULES, foreign=foreign)
    for result in results.values():
        if isinstance(result, Exception):
            raise result
    found = [results[strategy] for strategy in strategies]
    assert all(isinstance(it, Segmentation) for it in found)
    return found


# ---------------------------------------------------------------- image mode


def test_each_slice_is_clicked_after_a_look_at_its_mask_and_the_mask_is_fed_back():
    segmenter = BrightSegmenter()
    (found,) = run(segmenter, "every.point+clicks=2")
    assert segmenter.predictions == 5 * 3
    assert segmenter.fed_back == 5 * 2
    assert segmenter.encoder_runs == 5
    assert found.details["clicks"] == {
        "allowed": 2,
        "given": 10,
        "where": "each slice with the target",
        "rule": "the deepest point of the largest error component",
        "placed_by": "a simulated user who knows the reference",
        "previous_mask": "fed back",
    }
    # The box of the points so far is painted: each click makes it larger.
    painted = [int(found.rounds.masks_zyx(clicks).sum()) for clicks in range(3)]
    assert painted == sorted(set(painted))
    np.testing.assert_array_equal(found.rounds.masks_zyx(2), found.masks_zyx)
    assert [click.round for click in found.rounds.clicks if click.slice == 3] == [1, 2]


def test_before_the_first_click_the_mask_is_that_of_the_rule_without_clicks():
    for name in ("every.point{}", "every.composite{}.first", "middle.point{}.both", "largest.box{}.forward"):
        plain, clicked = run(BrightSegmenter(), name.format(""), name.format("+clicks=2"))
        np.testing.assert_array_equal(clicked.rounds.masks_zyx(0), plain.masks_zyx)
        assert plain.prompts_digest() == clicked.prompts_digest()
        assert plain.rounds is None


def test_a_model_that_takes_no_earlier_mask_is_given_the_points_alone_and_the_report_says_so():
    segmenter = BrightSegmenter(feeds_back=False)
    by_image, by_video = run(segmenter, "every.point+clicks=2", "middle.point+clicks=1.both")
    assert segmenter.fed_back == 0
    for found in (by_image, by_video):
        assert found.details["clicks"]["previous_mask"] == "not fed back: the model takes points and boxes alone"


def test_where_no_error_is_left_no_click_is_given_and_the_mask_stays():
    segmenter = BrightSegmenter()
    (found,) = run(segmenter, "every.box+clicks=3")  # the bright bar is found at once
    assert segmenter.predictions == 5
    assert found.rounds.clicks == ()
    assert found.rounds.allowed == 3
    for clicks in range(4):
        np.testing.assert_array_equal(found.rounds.masks_zyx(clicks), bar_volume().reference_zyx)


def test_the_oracle_looks_at_three_candidates_after_each_click_and_feeds_the_best_back():
    segmenter = BrightSegmenter()
    oracle, first = run(segmenter, "every.box+clicks=1.oracle", "every.box+clicks=1.first")
    np.testing.assert_array_equal(oracle.masks_zyx, bar_volume().reference_zyx)
    assert oracle.rounds.clicks == ()
    assert "upper_bound" in oracle.details
    assert len(first.rounds.clicks) == 5
    assert segmenter.brought_to_size == 5 * 3 + 5 * 2


def test_a_strategy_with_clicks_is_timed_by_itself_and_shares_the_encoder_only():
    plain, clicked, other = run(BrightSegmenter(), "every.point", "every.point+clicks=2", "every.point+clicks=1.first")
    assert set(clicked.shared_stages) == set(other.shared_stages) == {"prepare", "embed"}
    assert "predict" not in plain.shared_stages
    assert [len(it.timings_s["predict"]) for it in (plain, clicked, other)] == [5, 15, 10]


def test_one_pass_gives_the_masks_and_clicks_of_each_strategy_run_alone():
    names = ("every.point", "every.point+clicks=2", "middle.point+clicks=2.both", "dataset.composite+clicks=1.both")
    for name, together in zip(names, run(BrightSegmenter(), *names), strict=True):
        (alone,) = run(BrightSegmenter(), name)
        assert together.digest() == alone.digest()
        if alone.rounds is not None:
            assert together.rounds.clicks == alone.rounds.clicks


# ---------------------------------------------------------------- video mode


def test_a_click_goes_to_the_pass_that_gives_the_slice_and_the_other_pass_learns_of_it():
    segmenter = BrightSegmenter()
    (found,) = run(segmenter, "middle.point+clicks=3.both")  # slice 3 of 7: walks 3..0 and 3..6
    down, up = segmenter.sessions
    assert segmenter.walks == [4, 4] * 4
    assert segmenter.encoder_runs == 7
    # One pixel of each slice was found; the widest slice has most left to find, then those beside it, the lower first.
    assert [(click.round, click.slice, click.label) for click in found.rounds.clicks] == [
        (1, 3, 1),
        (2, 2, 1),
        (3, 4, 1),
    ]
    assert sorted(down.known) == [-1, 0, 1]
    assert sorted(up.known) == [-1, 0, 1]
    reference = bar_volume().reference_zyx
    for clicks, right in enumerate(([], [3], [2, 3], [2, 3, 4])):
        masks = found.rounds.masks_zyx(clicks)
        assert [z for z in range(1, 6) if np.array_equal(masks[z], reference[z])] == right
    assert len(found.timings_s["click"]) == 3
    assert found.details["passes"] == ["3..0", "3..6"]
    assert found.details["clicks"]["where"] == "the slice with most wrong pixels in the volume"
    assert list(found.prompts) == ["3"]


def test_forward_is_one_walk_that_begins_at_slice_0_each_time():
    segmenter = BrightSegmenter()
    (found,) = run(segmenter, "middle.point+clicks=2.forward")
    (session,) = segmenter.sessions
    assert segmenter.walks == [7] * 3
    assert sorted(session.known) == [click.slice for click in sorted(found.rounds.clicks, key=lambda it: it.slice)]


def test_a_foreign_seed_leads_each_half_and_is_never_clicked():
    segmenter = BrightSegmenter()
    (found,) = run(segmenter, "dataset.point+clicks=1.both", volume=bar_volume(shift=2))
    down, up = segmenter.sessions
    assert found.details["passes"] == ["seed, 3..0", "seed, 3..6"]
    (click,) = found.rounds.clicks
    places = {0: 1} if click.slice == 3 else {0: 1 + 3 - click.slice} if click.slice < 3 else {0: click.slice - 2}
    owner, other = (down, up) if click.slice <= 3 else (up, down)
    assert list(owner.known) == [places[0]]
    assert list(other.known) == [1 if click.slice == 3 else -abs(click.slice - 3)]


def test_three_prompted_slices_stay_in_both_memories_and_a_click_on_one_replaces_it_there():
    segmenter = BrightSegmenter()
    (found,) = run(segmenter, "three.point+clicks=1.both", volume=bar_volume(slices=11))  # walks 7, 5..0 and 3, 5..10
    (click,) = found.rounds.clicks
    assert click.slice == 5
    assert [list(session.known) for session in segmenter.sessions] == [[1], [1]]


def test_when_the_volume_is_right_no_more_is_propagated():
    segmenter = BrightSegmenter()
    volume = bar_volume().limited(3)
    (found,) = run(segmenter, "middle.point+clicks=9.both", volume=volume)
    assert len(found.rounds.clicks) == 3
    assert segmenter.walks == [2, 2] * 4
    assert found.details["clicks"]["given"] == 3
    for clicks in range(3, 10):
        np.testing.assert_array_equal(found.rounds.masks_zyx(clicks), volume.reference_zyx)


# ---------------------------------------------------------------- what is written down


def results(*names, volumes="a", models=("one",)):
    cases = [Case("bars", volume, model, name) for model in models for volume in volumes for name in names]
    runner = make_runner(models=models, cases=cases)
    return {case: runner.outcome(case).result for case in cases}


def test_scores_after_each_click_are_kept_and_the_last_are_the_cases_own():
    for name in ("every.point+clicks=2", "middle.point+clicks=2.both"):
        (result,) = results(name).values()
        curve = result.clicks
        assert curve.allowed == 2
        assert len(curve.dice_nonempty) == len(curve.slice_dice) == 3
        assert curve.dice_nonempty == sorted(curve.dice_nonempty)
        assert curve.dice_nonempty[-1] == result.scores.dice_nonempty
        assert curve.jaccard_all[-1] == result.scores.jaccard_all
        assert curve.slice_dice[-1] == result.scores.per_slice.dice
        assert curve.slice_index == result.scores.per_slice.index
        assert {entry.of for entry in curve.to_reach} == ({5} if name.startswith("every") else {1})
        assert CaseResult.from_json(json.loads(json.dumps(result.to_json()))) == result
    (plain,) = results("every.point").values()
    assert plain.clicks is None


def test_clicks_are_counted_beside_the_first_prompts_and_clicked_slices_as_prompted_frames():
    found = {case.strategy: it for case, it in results("every.point+clicks=2", "middle.point+clicks=3.both").items()}
    every = found["every.point+clicks=2"].prompts_spent
    assert (every.frames, every.points, every.clicks) == (5, 5, 10)
    middle = found["middle.point+clicks=3.both"]
    assert (middle.prompts_spent.frames, middle.prompts_spent.points, middle.prompts_spent.clicks) == (3, 1, 3)
    assert middle.failures.prompted == [2, 3, 4]


def test_a_datasets_one_prompt_is_charged_with_the_clicks_of_each_volume_also_without_its_own():
    name = "dataset.composite+clicks=1.both"
    with_own, without = (spending(results(name, volumes=volumes).values())["bars", name] for volumes in ("abc", "bc"))
    assert (with_own.points, with_own.boxes, with_own.clicks) == (3, 1, 3)
    assert (without.points, without.boxes, without.clicks) == (3, 1, 2)
    assert without.frames == 1 + 2


def test_each_model_pays_for_its_own_clicks():
    found = list(results("every.point+clicks=2", "every.point", models=("one", "two")).values())
    spared = [
        replace(it, prompts_spent=replace(it.prompts_spent, clicks=0)) if it.case.model == "two" else it for it in found
    ]
    rows = {(row.model, row.strategy): row.clicks for row in costs(spared)}
    assert rows["one", "every.point+clicks=2"] == 10
    assert rows["two", "every.point+clicks=2"] == 0
    assert [row.strategy for row in costs(found)][:2] == ["every.point", "every.point+clicks=2"]


def test_the_masks_after_each_click_survive_packing_whatever_their_size():
    rng = np.random.default_rng(0)
    from bench_cases.engine.rounds import RoundsKept

    masks = rng.random((3, 2, 5, 7)) > 0.5
    kept = RoundsKept((2, 5, 7), 2)
    for clicks in range(3):
        kept.keep_from(clicks, masks[clicks])
    for clicks in range(3):
        np.testing.assert_array_equal(kept.done().masks_zyx(clicks), masks[clicks])
    kept.keep_slice(1, [masks[0, 0], masks[1, 0]])  # one click was enough
    assert [bool((kept.done().masks_zyx(n)[1] == masks[min(n, 1), 0]).all()) for n in range(3)] == [True] * 3


@pytest.mark.parametrize("name", ["middle.mask+clicks=1.both", "every.boxes+clicks=1"])
def test_what_takes_no_clicks_is_an_error_of_its_case(name):
    with pytest.raises(Exception, match=rf"strategy '{name.replace('+', '.')}' cannot be run"):
        run(BrightSegmenter(), name)
