import numpy as np
import pytest

from bench_cases import registry
from bench_cases.engine.segment import segment
from bench_cases.engine.segmentation import Segmentation
from bench_cases.errors import StrategyError
from bench_cases.metrics import score
from bench_cases.prompting.strategy import parse
from bench_cases.seed_library.search import SeedSearch, candidates, position
from bench_cases.seed_library.standing import Trial, best_ranges, scored, standings, summary
from tests.fakes import BrightSegmenter, bar_volume, loaded

RULES = registry.prompt_rules()


def search(volume, segmenter=None, *, prompt="composite", **rest):
    options = {"direction": "both", "feature_budget_bytes": 1 << 30, **rest}
    model = loaded(segmenter or BrightSegmenter())
    return SeedSearch(volume=volume, model=model, rules=RULES, prompt=prompt, **options)


def masks_of(volume, name):
    """Return the masks of one strategy run by the engine on its own."""
    strategy = parse(name, prompts=RULES)
    result = segment(volume, loaded(BrightSegmenter()), [strategy], rules=RULES)[strategy]
    assert isinstance(result, Segmentation)
    return result.masks_zyx


def test_every_slice_with_target_is_tried_and_each_frame_is_encoded_once():
    segmenter = BrightSegmenter()
    seeker = search(bar_volume(), segmenter)
    trials = list(seeker.own())
    assert [trial.slice_index for trial in trials] == [1, 2, 3, 4, 5]
    assert [trial.position for trial in trials] == [0, 0.25, 0.5, 0.75, 1]
    assert [trial.middle for trial in trials] == [False, False, True, False, False]
    assert segmenter.encoder_runs == seeker.encoder_runs == 7
    # The bar is widest in the middle, and the box of the prompt bounds what is painted.
    assert max(trials, key=lambda it: it.dice).middle


def test_a_trial_has_the_scores_of_the_strategy_run_on_its_own():
    volume = bar_volume()
    for trial in search(volume).own():
        expected = score(volume.reference_zyx, masks_of(volume, f"slice={trial.slice_index}.composite.both"))
        assert (trial.dice, trial.jaccard, trial.dice_all) == (
            expected.dice_nonempty,
            expected.jaccard_nonempty,
            expected.dice_all,
        )


def test_slices_of_another_volume_are_tried_in_front_of_this_one_and_encoded_once():
    segmenter = BrightSegmenter()
    seeker = search(bar_volume(), segmenter)
    trials = [*seeker.foreign(bar_volume(volume_id="b", shift=1)), *seeker.foreign(bar_volume(volume_id="c", slices=5))]
    assert [(trial.volume, trial.slice_index) for trial in trials] == [
        *(("b", z) for z in range(1, 6)),
        *(("c", z) for z in range(1, 4)),
    ]
    assert segmenter.encoder_runs == 7 + 8
    assert segmenter.walks[:2] == [5, 5]  # the seed's frame, and slices 3..0 and 3..6
    assert [trial.volume for trial in trials if trial.middle] == ["b", "c"]


def test_every_kth_slice_is_tried_and_the_middle_in_any_case():
    volume = bar_volume(slices=11)
    assert candidates(volume, 3) == [1, 4, 5, 7]
    assert candidates(volume, 100) == [1, 5]
    volume.labels_zyx[5] = 0
    assert candidates(volume, 100) == [1]


def test_slices_are_named_by_their_place_in_the_source_file():
    trials = list(search(bar_volume().limited(3)).own())
    assert [(trial.slice_index, trial.middle) for trial in trials] == [(2, False), (3, True), (4, False)]


def test_a_slice_prompted_with_its_own_mask_is_left_out_of_its_score():
    perfect = [trial for trial in search(bar_volume(), prompt="mask").own() if trial.slice_index == 1]
    volume = bar_volume()
    masks = masks_of(volume, "slice=1.mask.both")
    assert perfect[0].dice == score(volume.reference_zyx, masks, leave_out=[1]).dice_nonempty


def test_a_seed_that_cannot_be_tried_is_kept_with_its_reason():
    volume = bar_volume(slices=4)  # two slices with target
    volume.labels_zyx[1] = 0  # then one: nothing is left to score when it is prompted with its own mask
    (trial,) = search(volume, prompt="mask").own()
    assert trial.dice is None
    assert "none of the 3 slices to be scored carries the target" in trial.failed


def test_progress_is_told():
    told = []
    list(search(bar_volume()).own(lambda *what: told.append(what)))
    assert told[0] == ("slices tried as seed", 0, 5)
    assert told[-1] == ("slices tried as seed", 4, 5)


def test_a_model_without_video_mode_is_refused():
    model = loaded(BrightSegmenter(), modes=("image",))
    with pytest.raises(StrategyError, match="model 'bright' has no video mode"):
        SeedSearch(
            volume=bar_volume(), model=model, rules=RULES, prompt="box", direction="both", feature_budget_bytes=1
        )


def test_a_structure_of_one_slice_has_no_positions():
    volume = bar_volume(slices=3)
    assert position(volume, 1) is None


def trial(index, dice, *, middle=False, volume="a", depth=100):
    failed = "" if dice is not None else "it broke"
    scores = {"dice": dice, "jaccard": dice, "dice_all": dice}
    return Trial(volume=volume, slice_index=index, position=index / depth, middle=middle, failed=failed, **scores)


def test_rank_and_percentile_of_the_middle_by_hand():
    trials = [trial(1, 0.5), trial(2, 0.9), trial(3, 0.8, middle=True), trial(4, 0.8), trial(5, 0.1), trial(6, None)]
    (standing,) = standings(trials)
    assert (standing.rank, standing.of) == (2, 5)  # of equals each has the best rank
    assert standing.percentile == 80  # four of five are no better
    assert standing.behind == pytest.approx(0.1)


def test_the_best_and_the_worst_have_the_ends_of_the_percentiles():
    best = standings([trial(1, 0.9, middle=True), trial(2, 0.1), trial(3, 0.1), trial(4, 0.1)])
    worst = standings([trial(1, 0.0, middle=True), trial(2, 0.1), trial(3, 0.1), trial(4, 0.1)])
    assert (best[0].rank, best[0].percentile, best[0].behind) == (1, 100, 0)
    assert (worst[0].rank, worst[0].percentile) == (4, 25)


def test_the_ranges_of_the_best_hold_one_and_two_per_cent_rounded_up():
    dice = np.linspace(0, 1, 150)
    trials = [trial(index, float(value), depth=149) for index, value in enumerate(dice)]
    one, two = best_ranges(trials)
    assert (one.share, one.seeds, two.share, two.seeds) == (0.01, 2, 0.02, 3)
    assert (one.first, one.last) == (148 / 149, 1)
    assert two.least_dice == dice[147]
    assert not two.holds_middle
    assert [found.seeds for found in best_ranges(trials[:32])] == [1, 1]


def test_several_volumes_have_a_middle_each_and_one_ranking():
    trials = [
        trial(5, 0.7, middle=True),
        trial(6, 0.9),
        trial(5, 0.8, middle=True, volume="b"),
        trial(6, 0.1, volume="b"),
    ]
    assert [(it.volume, it.rank, it.of) for it in standings(trials)] == [("a", 3, 4), ("b", 2, 4)]


def test_without_a_score_there_is_no_standing_and_no_range():
    trials = [trial(1, None, middle=True)]
    assert scored(trials) == []
    found = summary(trials)
    assert (found["middle"], found["best"]) == ([], [])
    assert found["seeds"][0]["failed"] == "it broke"
