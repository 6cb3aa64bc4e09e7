"""Propagations that advance together: the masks of one after the other, in bounded memory, with honest timings."""

from fractions import Fraction

import numpy as np
import pytest

from bench_cases import registry
from bench_cases.datasets.covid19_phantoms import DATASETS
from bench_cases.engine.feature_store import FeatureStore
from bench_cases.engine.segment import EngineSettings, segment
from bench_cases.engine.segmentation import Segmentation
from bench_cases.prompting.grids import expand
from bench_cases.timing import Clock
from tests.fakes import FrameEmbedding
from tests.model_examples import load_example

RULES = registry.prompt_rules()
PIXEL_BYTES = 3


def store_of(budget_frames, *, ahead):
    runs = []

    def encode_many(frames):
        runs.append([int(frame[0, 0, 0]) for frame in frames])
        return [FrameEmbedding(frame=frame) for frame in frames]

    store = FeatureStore(
        frame=lambda key: np.full((1, 1, 3), int(key) % 256, np.uint8),
        encode=lambda frame: encode_many([frame])[0],
        encode_many=encode_many,
        budget_bytes=budget_frames * PIXEL_BYTES,
        ahead=ahead,
    )
    return store, runs


def segmented(volume, model, strategies, **settings):
    results = segment(volume, model, strategies, rules=RULES, settings=EngineSettings(**settings))
    assert all(isinstance(result, Segmentation) for result in results.values())
    return {strategy: result for strategy, result in results.items() if isinstance(result, Segmentation)}


def test_frames_are_encoded_ahead_in_the_order_of_the_video_each_once():
    store, runs = store_of(100, ahead=3)
    video = store.video([5, 4, 3, 2, 1, 0])
    assert [int(video[position].frame[0, 0, 0]) for position in range(6)] == [5, 4, 3, 2, 1, 0]
    assert [sorted(run) for run in runs] == [[5], [2, 3, 4], [0, 1]]
    other = store.video([3, 6, Fraction(13, 2), 7])
    assert [int(other[position].frame[0, 0, 0]) for position in range(4)] == [3, 6, 6, 7]
    assert len(runs) == 4
    assert (store.encoder_runs, store.runs_between) == (9, 1)


@pytest.mark.parametrize("budget_frames", [1, 3, 8])
def test_1500_slices_seen_by_three_videos_hold_no_more_than_the_budget(budget_frames):
    store, runs = store_of(budget_frames, ahead=8)
    store.videos = 3
    videos = [store.video(range(1500)), store.video(range(700, 1500)), store.video(range(700, -1, -1))]
    for position in range(1500):
        for video in videos:
            if position < len(video):
                assert int(video[position].frame[0, 0, 0]) == video.keys[position] % 256
    assert store.most_bytes <= budget_frames * PIXEL_BYTES
    assert max(map(len, runs)) <= max(1, budget_frames // 3)
    # Nothing is forgotten before it is seen: each video is encoded once, the slice that two start from once.
    assert store.encoder_runs <= 1500 + 800 + 701 - 1


def test_grid_24_on_a_phantom_gives_the_masks_of_one_after_the_other():
    model = load_example("sam2_micro", "random")
    (volume,) = (it.load(it.volume_ids()[0]).limited(5) for it in DATASETS if it.name == "radiopaedia-phantom")
    strategies = expand(["grid-24"], RULES)
    alone = segmented(volume, model, strategies, walks_at_once=1)
    together = segmented(volume, model, strategies)
    assert {it: together[it].digest() for it in strategies} == {it: alone[it].digest() for it in strategies}
    for strategy in strategies:
        details, timings = together[strategy].details, together[strategy].timings_s
        assert details["propagated_together"]["most"] >= 4
        assert details["propagated_together"]["timings"] == "shares of a batch"
        assert "propagated_together" not in alone[strategy].details
        assert len(timings["propagate"]) == len(alone[strategy].timings_s["propagate"])
        assert details["encoder_runs"] == 5
        assert "propagate" not in together[strategy].shared_stages
        assert "embed" in together[strategy].shared_stages


def test_a_clock_takes_its_share_of_a_batch():
    clock = Clock()
    clock.share({"propagate": [0.5], "to_host": [0.25]}, among=2)
    clock.share({"propagate": [1.0]}, among=4)
    assert clock.samples_s == {"propagate": [0.25, 0.25], "to_host": [0.125]}
