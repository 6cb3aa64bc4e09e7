"""Volumes that are propagated through together: the masks of each alone, whoever ends early or fails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bench_cases import registry
from bench_cases.datasets.covid19_phantoms import DATASETS
from bench_cases.engine.batch_size import BatchSize
from bench_cases.engine.foreign_seed import seed_from
from bench_cases.engine.request import Request
from bench_cases.engine.segment import EngineSettings, segment, segment_volumes
from bench_cases.engine.segmentation import Segmentation
from bench_cases.frames import FrameSequence
from bench_cases.models._sam2_video import Sam2Video
from bench_cases.prompting.strategy import parse
from tests.fakes import BrightSegmenter, bar_volume, loaded
from tests.model_examples import load_example
from tests.walkers import WalkingSegmenter

RULES = registry.prompt_rules()
NAMES = (
    "middle.composite.both",
    "largest.point.forward.first",
    "middle.box.both.interpolate=1",
    "dataset.composite.both",
    "dataset=coordinates.box.both",
    "three.point.both.oracle",
)
STRATEGIES = [parse(name, prompts=RULES) for name in NAMES]


def requests_for(volumes, strategies=STRATEGIES):
    foreign = {name: seed_from(volumes[0], RULES[name]) for name in ("composite", "box")}
    return [Request(volume=volume, strategies=strategies, foreign=foreign) for volume in volumes]


def found_in(requests, segmenter, wanted, **settings) -> Any:
    size = wanted if isinstance(wanted, BatchSize) else BatchSize(wanted=wanted)
    model = segmenter if hasattr(segmenter, "checkpoint") else loaded(segmenter)
    return segment_volumes(requests, model, rules=RULES, settings=EngineSettings(volumes=size, **settings))


def digests(outcomes):
    return [
        {
            str(strategy): (it.digest(), it.prompts_digest()) if isinstance(it, Segmentation) else str(it)
            for strategy, it in of_volume.items()
        }
        for of_volume in outcomes
    ]


@pytest.fixture(scope="module")
def micro():
    model = load_example("sam2_micro", "random")
    assert model is not None
    assert isinstance(model.video, Sam2Video)
    model.video.module.multimask_output_for_tracking = True  # three candidates, as the published ones have
    return model


def phantoms(*depths):
    (dataset,) = (it for it in DATASETS if it.name == "radiopaedia-phantom")
    ids = dataset.volume_ids()
    return [dataset.load(ids[place]).limited(depth) for place, depth in enumerate(depths)]


def test_phantoms_of_different_depth_have_the_masks_and_prompts_of_each_alone_under_every_kind_of_strategy(micro):
    requests = requests_for(phantoms(3, 1, 2))
    alone: list[Any] = [
        segment(it.volume, micro, it.strategies, rules=RULES, foreign=it.foreign, settings=EngineSettings())
        for it in requests
    ]
    together = found_in(requests, micro, 3)
    assert digests(together) == digests(alone)
    assert sum(it.masks_zyx.any() for it in together[0].values()) == len(NAMES)
    for mine, theirs in zip(together, alone, strict=True):
        for strategy in STRATEGIES:
            its, plain = mine[strategy], theirs[strategy]
            assert {stage: len(samples) for stage, samples in its.timings_s.items()} == {
                stage: len(samples) for stage, samples in plain.timings_s.items()
            }
            assert its.shared_stages == plain.shared_stages
            assert its.details.get("encoder_runs") == plain.details.get("encoder_runs")
    first = together[0][STRATEGIES[0]].details
    assert first["volumes_together"] == {"wanted": 3, "size": 3, "halvings": 0}
    assert first["propagated_together"]["volumes"] == 3
    assert first["propagated_together"]["most"] > alone[0][STRATEGIES[0]].details["propagated_together"]["most"]
    assert "volumes" not in alone[0][STRATEGIES[0]].details["propagated_together"]


def test_image_mode_and_clicks_go_volume_by_volume_in_the_same_pass():
    names = ("every.composite", "middle.point+clicks=1.both", "middle.box.both")
    strategies = [parse(name, prompts=RULES) for name in names]
    requests = requests_for([bar_volume(), bar_volume(slices=5)], strategies)
    together = found_in(requests, WalkingSegmenter(), 2)
    assert digests(together) == digests(found_in(requests, BrightSegmenter(), 1))
    for found in together:
        assert ["volumes" in found[it].details.get("propagated_together", {}) for it in strategies] == [
            False,
            False,
            True,
        ]


def test_a_batch_shrinks_as_short_walks_end():
    segmenter = WalkingSegmenter()
    strategies = [parse("middle.box.both", prompts=RULES)]
    requests = requests_for([bar_volume(slices=9), bar_volume(slices=3)], strategies)
    long, short = found_in(requests, segmenter, 2)
    assert segmenter.together == [4]
    # Of nine slices five are walked down and five up, of three two and two: four walks twice, then two walks.
    assert long[strategies[0]].details["propagated_together"]["mean"] == round((2 * 4 + 3 * 2) / 5, 2)
    assert short[strategies[0]].details["propagated_together"]["mean"] == 4


def test_what_stops_one_volume_stops_no_other():
    middle = parse("middle.box.both", prompts=RULES)
    whole, broken, empty = bar_volume(), bar_volume(shift=1), bar_volume()
    marked = broken.image_zyx.copy()
    marked[5, 0, 0] = 77  # stretched to a grey value of its own, in the corner of a slice behind the middle
    requests = [
        *requests_for([whole, replace(broken, image_zyx=marked)], [middle]),
        Request(volume=replace(empty, labels_zyx=np.zeros_like(empty.labels_zyx)), strategies=[middle]),
    ]
    corner = int(FrameSequence(volume=requests[1].volume)[5][0, 0, 0])
    assert all(int(frame[0, 0, 0]) != corner for frame in FrameSequence(volume=whole))
    good, bad, nothing = found_in(requests, WalkingSegmenter(broken_corner=corner), 3)
    assert digests([good]) == digests(found_in(requests[:1], BrightSegmenter(), 1))
    assert str(bad[middle]) == "the frame cannot be encoded"
    assert str(nothing[middle]).startswith("strategy 'middle.box.both' ")


def test_an_error_that_is_nobodys_own_sends_each_volume_alone():
    segmenter = WalkingSegmenter(stumbles=True)
    strategies = [parse("middle.box.both", prompts=RULES)]
    requests = requests_for([bar_volume(), bar_volume(shift=1), bar_volume(slices=5)], strategies)
    together = found_in(requests, segmenter, 3)
    assert segmenter.together == [6, 2, 2, 2]
    assert digests(together) == digests(found_in(requests, BrightSegmenter(), 1))
    assert all(it[strategies[0]].details["volumes_together"]["size"] == 1 for it in together)


def test_fewer_volumes_go_together_for_good_where_memory_runs_out_and_one_that_does_not_fit_is_an_error():
    strategies = [parse("middle.box.both", prompts=RULES)]
    requests = requests_for([bar_volume(shift=shift) for shift in (0, 1, 2, 3)], strategies)
    segmenter, size = WalkingSegmenter(holds=4), BatchSize(wanted=4)
    together = found_in(requests, segmenter, size)
    assert segmenter.together == [8, 4, 4]
    assert (size.size, size.halvings) == (2, 1)
    assert digests(together) == digests(found_in(requests, BrightSegmenter(), 1))
    assert together[0][strategies[0]].details["volumes_together"] == {"wanted": 4, "size": 2, "halvings": 1}
    outcomes = found_in(requests[:2], WalkingSegmenter(holds=1), BatchSize(wanted=2))
    assert [str(it[strategies[0]]) for it in outcomes] == ["CUDA out of memory"] * 2


class Memory:
    """A device on which one volume takes ten bytes of a hundred."""

    def __init__(self):
        self.measured = 0

    def taken(self, run):
        self.measured += 1
        return run(), 10

    def free_bytes(self):
        return 100

    def let_go(self):
        pass


def test_where_the_number_is_chosen_the_first_volume_goes_alone_and_is_measured():
    strategies = [parse("middle.box.both", prompts=RULES)]
    requests = requests_for([bar_volume(shift=shift % 4) for shift in range(10)], strategies)
    segmenter, memory = WalkingSegmenter(), Memory()
    found_in(requests, segmenter, BatchSize(wanted=None, memory=memory))
    assert segmenter.together == [2, 16, 2]
    assert memory.measured == 1


@pytest.mark.parametrize("settings", [{"walks_at_once": 1}, {}])
def test_volumes_go_one_by_one_where_walks_do(settings):
    segmenter = WalkingSegmenter() if settings else BrightSegmenter()
    strategies = [parse("middle.box.both", prompts=RULES)]
    requests = requests_for([bar_volume(), bar_volume(shift=1)], strategies)
    outcomes = found_in(requests, segmenter, 2, **settings)
    assert all(it[strategies[0]].details["volumes_together"]["size"] == 1 for it in outcomes)
    assert all("propagated_together" not in it[strategies[0]].details for it in outcomes)
