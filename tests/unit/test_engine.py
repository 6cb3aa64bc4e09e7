import numpy as np
import pytest

from bench_cases import registry
from bench_cases.engine.feature_store import FeatureStore
from bench_cases.engine.foreign_seed import seed_from
from bench_cases.engine.passes import plan
from bench_cases.engine.segment import EngineSettings, segment
from bench_cases.engine.segmentation import Segmentation
from bench_cases.errors import StrategyError
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


def test_three_image_strategies_run_the_encoder_once_a_slice():
    segmenter = BrightSegmenter()
    results = run(bar_volume(), segmenter, IMAGE)
    assert segmenter.encoder_runs == 5  # seven slices, two of them empty
    assert segmenter.predictions == 15
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


def test_timings_shared_by_strategies_are_marked_and_others_are_not():
    together = run(bar_volume(), BrightSegmenter(), IMAGE)[IMAGE[0]]
    assert set(together.shared_stages) == {"prepare", "embed"}
    assert len(together.timings_s["embed"]) == 5
    assert len(together.timings_s["predict"]) == 5
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
    assert "slices 1 to 5 of bars/a carries it" in str(error)
    assert isinstance(results[ALL[0]], Segmentation)


def test_a_first_volume_whose_middle_is_empty_gives_no_seed():
    volume = bar_volume()
    volume.labels_zyx[3] = 0
    with pytest.raises(StrategyError, match="gives the dataset's one prompt from its middle slice 3"):
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
