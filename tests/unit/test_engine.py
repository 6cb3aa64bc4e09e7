import numpy as np
import pytest

from bench_cases import registry
from bench_cases.engine.feature_store import FeatureStore
from bench_cases.engine.foreign_seed import seed_from
from bench_cases.engine.passes import plan
from bench_cases.engine.segment import EngineSettings, segment
from bench_cases.engine.segmentation import Segmentation
from bench_cases.errors import StrategyError
from bench_cases.prompting.grids import expand
from bench_cases.prompting.strategy import parse
from bench_cases.timing import Clock
from tests.fakes import BrightSegmenter, FrameEmbedding, bar_volume, loaded

RULES = registry.prompt_rules()
ALL = [
    parse(name, prompts=RULES)
    for name in (
        "every.composite",
        "every.composite.first",
        "every.composite-framecentre",
        "middle.composite.both",
        "dataset.composite.both",
        "dataset=coordinates.composite.both",
    )
]
IMAGE = [strategy for strategy in ALL if strategy.mode == "image"]
VIDEO = [strategy for strategy in ALL if strategy.mode == "video"]


def run(volume, segmenter, strategies, **settings):
    foreign = {"composite": seed_from(bar_volume(volume_id="first"), RULES["composite"])}
    return segment(
        volume,
        loaded(segmenter),
        strategies,
        rules=RULES,
        foreign=foreign,
        settings=EngineSettings(**settings),
    )


def test_three_image_strategies_run_the_encoder_once_a_slice_and_the_decoder_once_a_prompt():
    segmenter = BrightSegmenter()
    results = run(bar_volume(), segmenter, IMAGE)
    assert segmenter.encoder_runs == 5  # seven slices, two of them empty
    assert segmenter.predictions == 10  # two of the strategies choose from one prompt's masks
    assert segmenter.brought_to_size == 15
    assert all(result.details["encoder_runs"] == 5 for result in results.values())


def test_all_propagations_share_one_encoding_of_each_frame():
    segmenter = BrightSegmenter()
    run(bar_volume(), segmenter, VIDEO)
    assert segmenter.encoder_runs == 7 + 1  # each slice, and the foreign seed
    assert segmenter.walks == [4, 4, 5, 5, 4, 4]


def test_one_pass_gives_the_masks_of_each_strategy_run_alone():
    volume = bar_volume(shift=1)
    together = run(volume, BrightSegmenter(), ALL)
    for strategy in ALL:
        alone = run(volume, BrightSegmenter(), [strategy])[strategy]
        assert isinstance(alone, Segmentation)
        assert together[strategy].digest() == alone.digest()
        assert together[strategy].prompts_digest() == alone.prompts_digest()


def test_a_small_budget_encodes_again_and_changes_no_mask():
    generous, poor = BrightSegmenter(), BrightSegmenter()
    rich = run(bar_volume(), generous, VIDEO)
    lean = run(bar_volume(), poor, VIDEO, feature_budget_bytes=1)
    assert poor.encoder_runs > generous.encoder_runs
    assert all(rich[strategy].digest() == lean[strategy].digest() for strategy in VIDEO)


def test_a_bright_bar_is_found_exactly():
    volume = bar_volume()
    result = run(volume, BrightSegmenter(), ALL[:1])[ALL[0]]
    np.testing.assert_array_equal(result.masks_zyx, volume.reference_zyx)


def test_all_choices_of_a_prompt_are_served_by_one_decoding_and_the_oracle_alone_sees_all_candidates():
    strategies = expand(["every.box.*"], RULES)
    assert [it.choice for it in strategies] == ["single", "confident", "first", "oracle"]
    segmenter = BrightSegmenter()
    together = run(bar_volume(), segmenter, strategies)
    assert segmenter.predictions == 5
    assert segmenter.brought_to_size == 5 * (1 + 1 + 1 + 3)
    for strategy in strategies:
        alone = run(bar_volume(), BrightSegmenter(), [strategy])[strategy]
        assert together[strategy].digest() == alone.digest()
        assert together[strategy].details["choices_served"] == 4


def test_timings_shared_by_strategies_are_marked_and_others_are_not():
    results = run(bar_volume(), BrightSegmenter(), IMAGE)
    together, other_prompt = results[IMAGE[0]], results[IMAGE[2]]
    assert set(together.shared_stages) == {"prepare", "embed", "predict"}
    assert set(other_prompt.shared_stages) == {"prepare", "embed"}
    assert results[IMAGE[1]].timings_s["predict"] == together.timings_s["predict"]
    assert len(together.timings_s["embed"]) == 5
    assert len(together.timings_s["predict"]) == 5
    assert len(together.timings_s["to_host"]) == 5
    assert run(bar_volume(), BrightSegmenter(), IMAGE[:1])[IMAGE[0]].shared_stages == ()


def test_both_is_two_videos_from_the_seed_and_the_second_seed_is_dropped():
    volume = bar_volume(slices=6)
    walks = plan(parse("middle.composite.both", prompts=RULES), volume, RULES["composite"])
    assert [walk.keys for walk in walks] == [(3, 2, 1, 0), (3, 4, 5)]
    assert [walk.keep for walk in walks] == [(True,) * 4, (False, True, True)]


def test_a_foreign_seed_leads_each_half_and_its_own_result_is_thrown_away():
    volume = bar_volume(slices=6)
    seed = seed_from(bar_volume(volume_id="first"), RULES["composite"])
    walks = plan(parse("dataset.composite.both", prompts=RULES), volume, RULES["composite"], foreign=seed)
    assert [walk.keys for walk in walks] == [(-1, 3, 2, 1, 0), (-1, 3, 4, 5)]
    assert [walk.keep for walk in walks] == [(False, True, True, True, True), (False, False, True, True)]
    assert all(walk.prompt is seed.prompt for walk in walks)


def test_a_foreign_prompts_coordinates_are_used_on_the_volumes_own_middle_slice():
    volume = bar_volume(slices=6)
    seed = seed_from(bar_volume(volume_id="first"), RULES["composite"])
    walks = plan(parse("dataset=coordinates.composite.both", prompts=RULES), volume, RULES["composite"], foreign=seed)
    assert [walk.keys[0] for walk in walks] == [3, 3]
    assert walks[0].prompt.points_xy == seed.prompt.points_xy


def passes_of(name, volume, **rest):
    strategy = parse(name, prompts=RULES)
    return plan(strategy, volume, RULES[strategy.prompt], **rest)


def test_forward_is_one_video_from_slice_0_whatever_slice_carries_the_prompt():
    (walk,) = passes_of("largest.point.forward", bar_volume(slices=6))
    assert walk.keys == (0, 1, 2, 3, 4, 5)
    assert walk.keep == (True,) * 6
    assert list(walk.by_position) == [2]


def test_a_foreign_seed_leads_the_one_pass_of_forward():
    seed = seed_from(bar_volume(volume_id="first"), RULES["box"])
    (walk,) = passes_of("dataset.box.forward", bar_volume(slices=4), foreign=seed)
    assert (walk.keys, walk.keep) == ((-1, 0, 1, 2, 3), (False, True, True, True, True))
    assert walk.by_position == {0: seed.prompt}


def test_three_prompted_slices_are_all_in_the_memory_of_both_halves():
    backward, forward = passes_of("three.point.both", bar_volume(slices=11))  # 1..9 carry it: 3, 5 and 7
    assert (backward.keys, list(backward.by_position)) == ((7, 5, 4, 3, 2, 1, 0), [0, 1, 3])
    assert backward.keep == (False, *(True,) * 6)
    assert (forward.keys, list(forward.by_position)) == ((3, 5, 6, 7, 8, 9, 10), [0, 1, 3])
    assert forward.keep == (False, False, *(True,) * 5)


def test_what_a_propagation_did_is_recorded():
    volume = bar_volume(slices=11)
    names = ["three.point.both", "edge.point.forward.first", "dataset.composite.both"]
    strategies = [parse(name, prompts=RULES) for name in names]
    details = {str(strategy): it.details for strategy, it in run(volume, BrightSegmenter(), strategies).items()}
    assert details["three.point.both"]["passes"] == ["7, 5..0", "3, 5..10"]
    assert details["edge.point.forward.first"]["passes"] == ["0..10"]
    assert details["dataset.composite.both"]["passes"] == ["seed, 5..0", "seed, 5..10"]
    assert {it["memory"] for it in details.values()} == {"one for each pass"}
    assert [it["direction"] for it in details.values()] == ["both", "forward", "both"]


def test_each_box_is_predicted_apart_and_the_masks_are_joined():
    volume = bar_volume()
    volume.labels_zyx[volume.nonempty_slices(), 1, 1:3] = 1
    volume.image_zyx[volume.labels_zyx > 0] = 200
    segmenter = BrightSegmenter()
    every, edge, one = (parse(name, prompts=RULES) for name in ("every.boxes", "edge.boxes.both", "edge.box.both"))
    results = run(volume, segmenter, [every, edge, one])
    assert segmenter.predictions == 5 * 2
    np.testing.assert_array_equal(results[every].masks_zyx, volume.reference_zyx)
    assert results[edge].masks_zyx[3, 1, 1]
    assert not results[one].masks_zyx[3, 1, 1]
    assert results[edge].details["predicted_apart"] == 2
    assert results[edge].prompts["1"].n_boxes == 2
    assert segmenter.walks == [2, 2, 6, 6, 2, 6]


def test_oracle_takes_the_candidate_that_matches_the_reference_and_says_what_it_is():
    volume = bar_volume()
    oracle, first = (parse(f"every.box.{choice}", prompts=RULES) for choice in ("oracle", "first"))
    results = run(volume, BrightSegmenter(), [oracle, first])
    np.testing.assert_array_equal(results[oracle].masks_zyx, volume.reference_zyx)  # of three, the second is exact
    assert not np.array_equal(results[first].masks_zyx, volume.reference_zyx)
    assert "matches the reference best" in results[oracle].details["upper_bound"]
    assert "upper_bound" not in results[first].details


def test_what_no_mode_can_take_is_an_error_of_that_strategy_alone():
    names = ("every.mask", "middle.boxes.both.oracle", "every.composite")
    strategies = [parse(name, prompts=RULES) for name in names]
    results = run(bar_volume(), BrightSegmenter(), strategies)
    assert str(results[strategies[0]]).startswith("strategy 'every.mask' cannot be run: image mode takes points")
    assert isinstance(results[strategies[1]], StrategyError)
    assert isinstance(results[strategies[2]], Segmentation)


@pytest.mark.parametrize(("grid", "cells"), [("grid-24", 24), ("grid-80", 80)])
def test_a_grid_encodes_each_frame_once_and_each_cell_equals_the_cell_alone(grid, cells):
    volume = bar_volume(slices=11)
    segmenter = BrightSegmenter()
    together = run(volume, segmenter, expand([grid], RULES))
    assert len(together) == cells
    assert segmenter.encoder_runs == 11
    for strategy, result in together.items():
        alone = run(volume, BrightSegmenter(), [strategy])[strategy]
        assert isinstance(alone, Segmentation)
        assert result.digest() == alone.digest()
        assert result.prompts_digest() == alone.prompts_digest()


def test_all_2d_encodes_each_slice_once():
    segmenter = BrightSegmenter()
    results = run(bar_volume(), segmenter, expand(["all-2d"], RULES))
    assert segmenter.encoder_runs == 5
    assert all(isinstance(result, Segmentation) for result in results.values())


def test_a_single_image_is_one_pass():
    volume = bar_volume().limited(1)
    assert len(plan(parse("middle.composite.both", prompts=RULES), volume, RULES["composite"])) == 1


def test_the_same_prompts_are_drawn_for_every_model_and_order():
    first = run(bar_volume(), BrightSegmenter(), ALL)
    second = run(bar_volume(), BrightSegmenter(), list(reversed(ALL)))
    assert all(first[strategy].prompts_digest() == second[strategy].prompts_digest() for strategy in ALL)


def test_a_middle_slice_without_the_target_fails_that_strategy_only():
    volume = bar_volume()
    volume.labels_zyx[3] = 0
    results = run(volume, BrightSegmenter(), ALL[:4])
    error = results[ALL[3]]
    assert isinstance(error, StrategyError)
    assert "prompts the middle slice, 3 of 7" in str(error)
    assert "slices 1 to 5 of bars/a carry it" in str(error)
    assert isinstance(results[ALL[0]], Segmentation)


def test_a_first_volume_whose_middle_is_empty_gives_no_seed():
    volume = bar_volume()
    volume.labels_zyx[3] = 0
    with pytest.raises(
        StrategyError,
        match=r"gives the dataset's one prompt from its middle slice 3, which carries no bar; expected some\. "
        r"Put a volume whose middle slice shows the target first .*--sam-seed",
    ):
        seed_from(volume, RULES["composite"])


def test_a_dataset_strategy_without_a_seed_says_what_is_missing():
    with pytest.raises(StrategyError, match="needs the prompt of the dataset's first volume"):
        plan(parse("dataset.composite.both", prompts=RULES), bar_volume(), RULES["composite"])


def test_a_model_that_fails_in_one_mode_still_serves_the_other():
    results = run(bar_volume(), BrightSegmenter(fail_on_predict=True), ALL)
    assert str(results[ALL[0]]) == "the decoder gave up"
    assert isinstance(results[ALL[3]], Segmentation)


def test_a_model_without_a_mode_is_told_by_name():
    results = segment(bar_volume(), loaded(BrightSegmenter(), modes=("image",)), VIDEO[:1], rules=RULES)
    assert "needs video mode, and model 'bright' offers image mode" in str(results[VIDEO[0]])
    results = segment(bar_volume(), loaded(BrightSegmenter(), modes=("video",)), IMAGE[:1], rules=RULES)
    assert "needs image mode, and model 'bright' offers video mode" in str(results[IMAGE[0]])


def test_the_store_keeps_what_fits_and_forgets_the_least_recent():
    encoded = []

    def encode(frame):
        encoded.append(int(frame[0, 0, 0]))
        return FrameEmbedding(frame=frame)

    frame_bytes = 3
    store = FeatureStore(
        frame=lambda key: np.full((1, 1, 3), key, np.uint8), encode=encode, budget_bytes=2 * frame_bytes
    )
    for key in (1, 2, 1, 3, 1, 2):
        store.get(key)
    assert encoded == [1, 2, 3, 2]
    assert store.encoder_runs == 4


def test_masks_survive_packing():
    masks = np.random.default_rng(0).random((3, 5, 7)) > 0.5
    packed = Segmentation.of(masks, strategy=ALL[0], prompts={})
    np.testing.assert_array_equal(packed.masks_zyx, masks)
    assert packed.packed.nbytes < masks.nbytes / 7


def test_unsynchronised_settings_never_wait_for_the_device():
    waits = []
    model = loaded(BrightSegmenter())
    from dataclasses import replace

    model = replace(model, synchronise=lambda: waits.append(1))
    segment(bar_volume(), model, IMAGE[:1], rules=RULES, settings=EngineSettings(synchronised=False))
    assert not waits
    segment(bar_volume(), model, IMAGE[:1], rules=RULES)
    assert waits
    assert Clock().synchronise is None
