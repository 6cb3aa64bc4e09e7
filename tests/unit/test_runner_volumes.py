"""Cases of volumes that are propagated through together have the results of one volume at a time, whatever happens."""

from __future__ import annotations

import argparse
import signal
import time
import tracemalloc
from typing import Any

import numpy as np
import pytest

from bench_cases import registry
from bench_cases.cases import Case
from bench_cases.errors import DataError, TimeLimitError
from bench_cases.groups import Groups
from bench_cases.pytest_plugin.option_values import auto_or_number
from bench_cases.reading import Reader
from bench_cases.runner import Runner
from bench_cases.settings import RunSettings
from bench_cases.time_limit import NO_LIMIT, TimeLimit
from bench_cases.volume import Volume
from tests.fakes import BarDataset, bar_volume, checkpoint, loaded
from tests.walkers import WalkingSegmenter

STRATEGIES = ("every.composite", "middle.composite.both", "dataset.composite.both")
SLICES = {"a": 7, "b": 5, "c": 9, "d": 3, "e": 7}


class UnevenBars:
    """Five volumes of different depth; `reads` says which were read, in order. One may hang, or be broken."""

    name = "bars"
    ids = tuple(SLICES)
    info = BarDataset().info

    def __init__(self, *, hangs: str = "", broken: str = "") -> None:
        self.bars = BarDataset(ids=self.ids, broken=broken)
        self.hangs = hangs
        self.reads: list[str] = []

    def missing(self):
        return None

    def volume_ids(self):
        return self.ids

    def load(self, volume_id, target=None):
        self.reads.append(volume_id)
        if volume_id == self.hangs:
            signal.raise_signal(signal.SIGALRM)  # the limit, at once
            time.sleep(600)
        self.bars.load(volume_id, target)
        return bar_volume(volume_id=volume_id, slices=SLICES[volume_id], shift=self.ids.index(volume_id) % 3)


def make_runner(*, dataset=None, models=("one",), strategies=STRATEGIES, limit=NO_LIMIT, segmenter=None, **settings):
    segmenters: dict[str, WalkingSegmenter] = {}
    dataset = dataset or UnevenBars()
    runner = Runner(
        selection=[
            Case("bars", volume, model, strategy)
            for model in models
            for volume in dataset.ids
            for strategy in strategies
        ],
        settings=RunSettings(**settings),
        datasets={"bars": dataset},
        checkpoints={name: checkpoint(name) for name in models},
        rules=registry.prompt_rules(),
        load_model=lambda it: loaded(segmenters.setdefault(it.name, segmenter or WalkingSegmenter()), it.name),
        limit=limit,
    )
    return runner, segmenters


def answers(runner, cases=None):
    """Return digests and scores of each case, or the words of what stopped it."""
    found: dict[Case, Any] = {}
    for case in runner.selection if cases is None else cases:
        try:
            result = runner.outcome(case).result
        except Exception as error:  # noqa: BLE001 - compared below
            found[case] = str(error)
        else:
            found[case] = (result.digests, result.scores, result.warmups, result.prompts, result.shared_stages)
    return found


@pytest.mark.parametrize("most", [2, 3, 8])
@pytest.mark.parametrize("read_ahead", [False, True])
def test_results_are_those_of_one_volume_at_a_time(most, read_ahead):
    plain, _ = make_runner()
    runner, segmenters = make_runner(volumes_together=most)
    runner.read_ahead = read_ahead
    assert answers(runner) == answers(plain)
    # Two strategies propagate, in two walks a volume each.
    sizes = {2: [8, 8, 4], 3: [12, 8], 8: [20]}[most]
    assert segmenters["one"].together == sizes
    assert runner.loads == {"one": 1}
    details = runner.outcome(runner.selection[-2]).result.details
    assert details["volumes_together"] == {"wanted": most, "size": sizes[-1] // 4, "halvings": 0}
    runner.close()


def test_volumes_of_a_pass_are_read_once_and_stay_until_the_next_one():
    dataset = UnevenBars()
    runner, _ = make_runner(dataset=dataset, volumes_together=3, strategies=("middle.box.both",))
    for case in runner.selection:
        runner.outcome(case)
        assert runner.volume(case.dataset, case.volume).n_slices == SLICES[case.volume]
    assert dataset.reads == list("abcde")


def test_passes_end_with_the_dataset_and_the_model_and_a_case_in_the_middle_takes_those_after_it():
    cases = [Case(d, v, m, "middle.box.both") for m in ("one", "two") for d in ("x", "y") for v in "abc"]
    groups = Groups.of(cases)
    assert [[it[0].volume for it in groups.following(cases[at], 2)] for at in (0, 1, 2, 5)] == [
        ["a", "b"],
        ["b", "c"],
        ["c"],
        ["c"],
    ]
    assert groups.following(cases[6], 9) == [[case] for case in cases[6:9]]
    stranger = Case("z", "a", "one", "middle.box.both")
    assert groups.following(stranger, 3) == [[stranger]]
    assert groups.volumes_after(cases[1], 3) == [("x", "c"), ("y", "a"), ("y", "b")]
    assert groups.volumes_after(cases[-1], 3) == groups.volumes_after(stranger, 3) == []


def test_image_mode_and_a_model_that_walks_one_by_one_go_volume_by_volume():
    dataset = UnevenBars()
    runner, _ = make_runner(dataset=dataset, volumes_together=3, strategies=("every.box", "every.nonsense"))
    runner.outcome(runner.selection[0])
    assert dataset.reads == ["a"]


def test_isolated_cases_go_alone_whatever_number_was_given():
    runner, segmenters = make_runner(volumes_together=3, isolated=True)
    plain, _ = make_runner(isolated=True)
    assert answers(runner) == answers(plain)
    assert segmenters["one"].together == []


def test_a_broken_volume_in_a_pass_is_the_error_of_its_own_cases():
    plain, _ = make_runner()
    runner, segmenters = make_runner(dataset=UnevenBars(broken="b"), volumes_together=3)
    found, expected = answers(runner), answers(plain)
    assert {case: it for case, it in found.items() if case.volume != "b"} == {
        case: it for case, it in expected.items() if case.volume != "b"
    }
    assert segmenters["one"].together == [8, 8]
    with pytest.raises(DataError, match=r"b\.nii\.gz is truncated"):
        runner.outcome(runner.selection[3])


def test_a_strategy_that_does_not_parse_is_an_error_of_its_case_alone():
    runner, _ = make_runner(strategies=("middle.nonsense.both", "middle.box.both"), volumes_together=2)
    found = answers(runner)
    assert all(("nonsense" in case.strategy) == isinstance(it, str) for case, it in found.items())


@pytest.mark.parametrize("done", [1, 4])
def test_a_run_that_is_gone_on_with_computes_what_is_missing_and_nothing_else(done):
    plain, _ = make_runner(strategies=("middle.box.both",))
    dataset = UnevenBars()
    runner, _ = make_runner(dataset=dataset, strategies=("middle.box.both",), volumes_together=2)
    runner.select(runner.selection[done:])
    assert answers(runner) == {case: it for case, it in answers(plain).items() if case in runner.selection}
    assert dataset.reads == list("abcde")[done:]


def test_a_limit_on_slices_holds_for_all_volumes_of_a_pass():
    plain, _ = make_runner(limit_slices=3)
    runner, _ = make_runner(limit_slices=3, volumes_together=5)
    assert answers(runner) == answers(plain)
    assert {runner.volume("bars", name).n_slices for name in "abcde"} == {3}


@pytest.mark.parametrize("hangs", ["a", "c"])
def test_a_volume_that_hangs_is_the_error_of_its_own_cases_and_the_others_are_done_alone(hangs):
    plain, _ = make_runner(strategies=("middle.box.both",))
    runner, segmenters = make_runner(
        dataset=UnevenBars(hangs=hangs),
        strategies=("middle.box.both",),
        volumes_together=3,
        limit=TimeLimit(seconds=600),
    )
    expected = answers(plain)
    for case in runner.selection:
        if case.volume == hangs:
            with pytest.raises(TimeLimitError, match=f"the pass over bars/{hangs} under one took longer than 600 s"):
                runner.outcome(case)
        else:
            assert answers(runner, [case]) == {case: expected[case]}
    assert segmenters["one"].together == [2, 2, 4]


def test_each_volume_of_a_pass_has_its_time():
    assert TimeLimit(seconds=60).times(3).seconds == 180
    assert NO_LIMIT.times(3) == NO_LIMIT


def test_a_pass_that_does_not_fit_is_halved_for_the_rest_of_the_run():
    plain, _ = make_runner(strategies=("middle.box.both",))
    runner, segmenters = make_runner(
        strategies=("middle.box.both",), volumes_together=4, segmenter=WalkingSegmenter(holds=4)
    )
    assert answers(runner) == answers(plain)
    assert segmenters["one"].together == [8, 4, 4, 2]
    assert runner.outcome(runner.selection[0]).result.details["volumes_together"]["halvings"] == 1


def peak_bytes(volumes, most):
    class ManyBars(BarDataset):
        def load(self, volume_id, target=None):  # noqa: ARG002 - the protocol
            image = np.zeros((4, 256, 256), np.int32)
            image[1:3, 100:200, 100 : 200 + int(volume_id)] = 200
            labels = (image > 0).astype(np.uint8)
            return Volume(dataset="bars", id=volume_id, image_zyx=image, labels_zyx=labels, modality="CT", target="bar")

    dataset = ManyBars(ids=tuple(map(str, range(volumes))))
    runner, _ = make_runner(dataset=dataset, strategies=("middle.box.both",), volumes_together=most)
    runner.read_ahead = True
    tracemalloc.start()
    try:
        for case in runner.selection:
            runner.outcome(case)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        runner.close()


def test_the_peak_of_memory_is_that_of_the_volumes_together_however_many_there_are_in_all():
    few, many = peak_bytes(6, 3), peak_bytes(18, 3)
    assert few > 3 * 4 * 256 * 256 * 4
    assert many < 1.1 * few


def test_several_volumes_are_read_ahead_in_order_and_those_not_wanted_any_more_are_let_go():
    dataset = UnevenBars(broken="c")
    reader = Reader(load=lambda _, volume: dataset.load(volume))
    reader.read_ahead(("bars", "a"), ("bars", "b"), ("bars", "c"))
    assert [reader.read(("bars", name)).ahead for name in "ab"] == [True, True]
    reader.read_ahead(("bars", "c"), ("bars", "d"))
    assert isinstance(reader.read(("bars", "c")).volume, DataError)
    reader.read_ahead(("bars", "e"))
    assert [reader.read(("bars", name)).ahead for name in "de"] == [False, True]
    assert dataset.reads == ["a", "b", "c", "d", "e", "d"]
    reader.abandon()


def test_auto_is_one_wherever_frames_go_alone_and_a_number_is_taken_at_its_word():
    assert RunSettings().volumes_at_once() is None
    plain = RunSettings(isolated=True), RunSettings(deterministic=True), RunSettings(batch=1)
    assert [it.volumes_at_once() for it in plain] == [1, 1, 1]
    assert [it.walks_at_once() for it in (RunSettings(), *plain)] == [None, 1, 1, 1]
    told = RunSettings(volumes_together=4, deterministic=True)
    assert (told.volumes_at_once(), told.walks_at_once(), told.frames_at_once()) == (4, None, 1)
    assert RunSettings(volumes_together=4, isolated=True).volumes_at_once() == 1
    assert "volumes_together" not in RunSettings().to_json()
    assert told.to_json()["volumes_together"] == 4
    assert told.digest() == RunSettings().digest()


def test_a_number_of_volumes_is_auto_or_a_whole_number_from_1():
    parse = auto_or_number("volumes")
    assert (parse("auto"), parse("3")) == (None, 3)
    for text in ("0", "x", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="is no number of volumes; expected auto, or a whole num"):
            parse(text)
