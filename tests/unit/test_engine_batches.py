"""Image mode in batches gives the masks of image mode slice by slice, and says what was shared and what overlapped."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Any, cast

import numpy as np
import pytest
import torch

from bench_cases import registry
from bench_cases.contracts import Device, LoadOptions
from bench_cases.engine.batch_size import BatchSize
from bench_cases.engine.segment import EngineSettings, segment
from bench_cases.engine.segmentation import Segmentation
from bench_cases.errors import SelectionError
from bench_cases.models.loading import identity, load_model
from bench_cases.prompting.grids import expand
from bench_cases.prompting.strategy import parse
from bench_cases.settings import RunSettings
from bench_cases.volume import Volume
from bench_cases.warmup import warm_up
from tests.fakes import BrightSegmenter, FrameEmbedding, bar_volume, loaded
from tests.model_examples import MICRO, frame_of, load_example, untrained
from tests.unit.test_runner import make_runner

RULES = registry.prompt_rules()
GRID = expand(["all-2d"], RULES)
CLICKS = [parse(name, prompts=RULES) for name in ("every.point+clicks=2", "every.box+clicks=2.oracle")]


@dataclass(slots=True)
class BatchSegmenter(BrightSegmenter):
    """Works on many at once, and holds so many frames and no more."""

    holds: int = 100
    encoded: list[int] = field(default_factory=list)
    decoded: list[int] = field(default_factory=list)
    painted: list[int] = field(default_factory=list)
    broken_corner: int | None = None

    def pixels_of(self, frame):
        if self.broken_corner is not None and threading.current_thread() is not threading.main_thread():
            self.broken_corner -= 1
            if self.broken_corner < 0:
                msg = "the frame cannot be prepared"
                raise ValueError(msg)
        return FrameEmbedding(frame=frame)

    def embed_many(self, pixels, *, clock):
        with clock.stage("embed"):
            if len(pixels) > self.holds:
                msg = "CUDA out of memory"
                raise torch.OutOfMemoryError(msg)
            self.encoded.append(len(pixels))
            return list(pixels)

    def decode_many(self, embeddings, prompts, *, clock):
        assert len({(len(it.points_xy), it.box_xyxy is None) for it in prompts}) == 1
        with clock.stage("predict"):
            self.decoded.append(len(prompts))
            pairs = zip(embeddings, prompts, strict=True)
            return [BrightSegmenter.decode(self, *pair, clock=clock.another()) for pair in pairs]

    def masks_of(self, choices, *, clock):
        with clock.stage("to_host"):
            self.painted.append(len(choices))
            return [self.mask_of(*choice, clock=clock.another()) for choice in choices]


def run(segmenter, strategies, *, batch=1, volume=None, device="cpu"):
    size = batch if isinstance(batch, BatchSize) else BatchSize(wanted=batch)
    model = replace(loaded(segmenter), device=device)
    volume = volume or bar_volume(shift=1)
    results: dict[Any, Any] = segment(volume, model, strategies, rules=RULES, settings=EngineSettings(batch=size))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("sambench-ahead")]
    return results


def digests(results):
    return {str(strategy): (it.digest(), it.prompts_digest()) for strategy, it in results.items()}


@pytest.mark.parametrize("device", ["cpu", "cuda"])
@pytest.mark.parametrize("batch", [2, 3, 8])
def test_every_rule_and_choice_and_every_click_gives_the_masks_of_slice_by_slice(batch, device):
    strategies = [*GRID, *CLICKS]
    plain = run(BrightSegmenter(), strategies)
    together = run(BatchSegmenter(), strategies, batch=batch, device=device)
    assert digests(together) == digests(plain)
    for strategy in CLICKS:
        np.testing.assert_array_equal(together[strategy].rounds.packed, plain[strategy].rounds.packed)
        assert together[strategy].rounds.clicks == plain[strategy].rounds.clicks


def test_frames_go_in_by_the_batch_and_prompts_of_one_shape_in_one_run_of_the_decoder():
    names = ("every.composite", "every.composite.first", "every.box", "every.composite-framecentre")
    strategies = [parse(name, prompts=RULES) for name in names]
    segmenter = BatchSegmenter()
    results = run(segmenter, strategies, batch=3, device="cuda")
    assert segmenter.encoded == [3, 2]  # seven slices, two of them empty
    assert segmenter.decoded == [6, 3, 4, 2]  # boxes with three points by two rules, boxes alone
    assert segmenter.painted == [3, 3, 3, 3, 2, 2, 2, 2]
    for result in results.values():
        assert result.details["encoder_runs"] == 5
        assert result.details["overlapped"] == ["prepare"]
        assert result.details["batch"] == {
            "wanted": 3,
            "size": 3,
            "halvings": 0,
            "decoded_together": True,
            "shares": ["to_device", "embed", "predict", "to_host"],
        }
        assert {stage: len(samples) for stage, samples in result.timings_s.items()} == {
            "prepare": 5,
            "embed": 5,
            "predict": 5,
            "to_host": 5,
        }
        assert len(set(result.timings_s["embed"])) == 2
    assert set(results[strategies[0]].shared_stages) == {"prepare", "embed", "predict"}


def test_on_a_cpu_frames_are_encoded_together_and_prompts_decoded_one_by_one():
    segmenter = BatchSegmenter()
    (result,) = run(segmenter, [parse("every.box", prompts=RULES)], batch=4).values()
    assert (segmenter.encoded, segmenter.decoded, segmenter.predictions) == ([4, 1], [], 5)
    assert result.details["batch"]["shares"] == ["to_device", "embed"]
    assert result.details["batch"]["decoded_together"] is False


def test_a_model_that_knows_nothing_of_batches_goes_frame_by_frame_from_frames_made_ahead():
    segmenter = BrightSegmenter()
    (result,) = run(segmenter, [parse("every.box", prompts=RULES)], batch=4, device="cuda").values()
    assert (segmenter.encoder_runs, segmenter.predictions) == (5, 5)
    assert result.details["batch"] == {
        "wanted": 1,
        "size": 1,
        "halvings": 0,
        "decoded_together": False,
        "shares": [],
    }
    assert result.details["overlapped"] == ["prepare"]
    assert len(result.timings_s["prepare"]) == 5


def test_the_plain_way_says_nothing_of_batches():
    (result,) = run(BatchSegmenter(), [parse("every.box", prompts=RULES)]).values()
    assert not {"batch", "overlapped"} & set(result.details)


def test_when_memory_runs_out_the_batch_is_halved_and_no_mask_changes():
    segmenter, size = BatchSegmenter(holds=1), BatchSize(wanted=4)
    results = run(segmenter, GRID, batch=size, device="cuda")
    assert digests(results) == digests(run(BrightSegmenter(), GRID))
    assert segmenter.encoded == [1] * 5
    assert all(it.details["batch"]["size"] == 1 and it.details["batch"]["halvings"] == 2 for it in results.values())
    run(segmenter, GRID[:1], batch=size)
    assert size.halvings == 2  # the next volume does not try again


@pytest.mark.parametrize("fault", ["prepare", "encode", "decode"])
def test_a_fault_is_the_error_of_its_cases_and_leaves_no_thread_behind(fault):
    segmenter = {
        "prepare": BatchSegmenter(broken_corner=1),
        "encode": BatchSegmenter(holds=0),
        "decode": BatchSegmenter(fail_on_predict=True),
    }[fault]
    (error,) = run(segmenter, GRID[:1], batch=2).values()
    expected = {
        "prepare": "the frame cannot be prepared",
        "encode": "CUDA out of memory",
        "decode": "the decoder gave up",
    }
    assert str(error) == expected[fault]


def phantom() -> Volume:
    """Four slices of a noisy body with two dark ellipses, the target; the first has none of it."""
    frames = [frame_of((96, 128), seed)[..., 0] for seed in range(4)]
    y, x = (axis / side - 0.5 for axis, side in zip(np.indices((96, 128)), (96, 128), strict=True))
    labels = np.zeros((4, 96, 128), np.uint8)
    for z in range(1, 4):
        for label, centre in ((1, -0.2), (2, 0.2)):
            labels[z][((x - centre) / 0.14) ** 2 + ((y - 0.01 * z) / 0.25) ** 2 < 1] = label
    return Volume(
        dataset="ellipses",
        id="one",
        image_zyx=np.stack(frames).astype(np.int16),
        labels_zyx=labels,
        spacing_zyx_mm=(5.0, 1.0, 1.0),
        modality="CT",
        target="lungs",
    )


@pytest.mark.parametrize("weights", ["random", "shipped"])
@pytest.mark.parametrize("name", MICRO)
def test_micro_models_give_identical_masks_in_batches_and_alone(name, weights):
    model = load_example(name, weights)
    assert model is not None
    names = ("every.composite", "every.centroid+2.confident", "every.box.oracle", "every.box+clicks=1")
    strategies = [parse(it, prompts=RULES) for it in names]
    plain = segment(phantom(), model, strategies, rules=RULES)
    assert any(it.masks_zyx.any() for it in plain.values() if isinstance(it, Segmentation))
    for device, size in (("cpu", 2), ("cuda", 3)):  # the latter decodes together, here on the CPU all the same
        settings = EngineSettings(batch=BatchSize(wanted=size))
        together = segment(
            phantom(), replace(model, device=cast("Device", device)), strategies, rules=RULES, settings=settings
        )
        assert digests(together) == digests(plain)
        first = together[strategies[0]]
        assert isinstance(first, Segmentation)
        assert first.details["batch"]["size"] == size
    alone = segment(phantom(), model, strategies[1:2], rules=RULES)
    assert digests(alone)[names[1]] == digests(plain)[names[1]]


def batched_runner(segmenters, **settings):
    runner = make_runner(models=("one",), **settings)

    def load(it):
        segmenters[it.name] = BatchSegmenter()
        return loaded(segmenters[it.name], it.name)

    return replace(runner, load_model=load)


def test_a_run_in_batches_has_the_digests_and_scores_of_a_plain_one_also_isolated():
    segmenters: dict[str, BatchSegmenter] = {}
    plain = make_runner(models=("one",))
    settings: dict[str, Any]
    for settings in ({"batch": 3}, {"batch": 3, "isolated": True}, {"isolated": True}):
        runner = batched_runner(segmenters, **settings)
        for case in runner.selection:
            ours, theirs = runner.outcome(case).result, plain.outcome(case).result
            assert ours.digests == theirs.digests
            assert ours.scores == theirs.scores
        assert segmenters["one"].encoded == ([3, 2] * 3 if "batch" in settings else [])


@dataclass(slots=True)
class GreedySegmenter(BatchSegmenter):
    """Has no room for even one frame of the second volume, whose bar stands one pixel to the right."""

    tried: list[int] = field(default_factory=list)

    def embed_many(self, pixels, *, clock):
        bright = np.flatnonzero(pixels[0].frame[5, :, 0] > 100)
        if bright[0] + bright[-1] + 1 == 2 * (8 + 1):
            self.tried.append(len(pixels))
            msg = "MPS backend out of memory (MPS allocated: 17.80 GB)"
            raise RuntimeError(msg)
        return BatchSegmenter.embed_many(self, pixels, clock=clock)


def test_where_not_one_frame_fits_the_batch_is_halved_to_one_the_volumes_cases_fail_and_all_others_pass():
    segmenter = GreedySegmenter()
    runner = replace(make_runner(models=("one",), batch=4, warmups=0), load_model=lambda it: loaded(segmenter, it.name))
    statuses = {}
    for case in runner.selection:
        if (case.volume, case.strategy) == ("b", "every.composite"):
            with pytest.raises(RuntimeError, match="MPS backend out of memory"):
                runner.outcome(case)
        else:
            statuses[case] = runner.outcome(case).result.status
    assert segmenter.tried == [4, 2, 1]
    assert set(statuses.values()) == {"passed"}
    assert {case.volume for case in statuses if case.strategy == "every.composite"} == {"a", "c"}


@dataclass(slots=True)
class Memory:
    """Room for four frames and a half."""

    measured: int = 0

    def taken(self, run):
        self.measured += 1
        return run(), 10

    def free_bytes(self):
        return 56

    def let_go(self):
        pass


def test_on_a_gpu_the_warm_up_finds_the_size_so_that_nothing_timed_measures_memory():
    segmenter, size = BatchSegmenter(), BatchSize(wanted=None, memory=Memory())
    model = replace(loaded(segmenter), device="cuda")
    assert warm_up(model, bar_volume(), {"image"}, count=1, batch=size) == {"embed": 1 + 1 + 4, "predict": 1}
    assert segmenter.encoded == [1, 4]
    assert warm_up(model, bar_volume(), {"image"}, count=1, batch=size) == {"embed": 1, "predict": 1}
    (result,) = run(segmenter, [parse("every.box", prompts=RULES)], batch=size, device="cuda").values()
    assert segmenter.encoded == [1, 4, 4, 1]
    assert result.details["batch"]["wanted"] == "auto"
    assert result.details["batch"]["size"] == 4


def test_a_warm_up_that_finds_too_little_memory_halves_the_batch_before_anything_is_timed():
    segmenter, size = BatchSegmenter(holds=2), BatchSize(wanted=8)
    made = warm_up(replace(loaded(segmenter), device="cuda"), bar_volume(), {"image"}, count=2, batch=size)
    assert made == {"embed": 2 + 8, "predict": 2}
    assert (size.size, size.halvings, size.tried) == (2, 2, True)


def test_auto_is_one_where_each_case_or_frame_is_to_stand_alone_and_a_number_is_taken_at_its_word():
    assert RunSettings().frames_at_once() is None
    plain = RunSettings(isolated=True), RunSettings(deterministic=True), RunSettings(unsynchronised=True)
    assert [it.frames_at_once() for it in plain] == [1, 1, 1]
    assert [replace(it, batch=4).frames_at_once() for it in plain] == [4, 4, 4]
    assert "batch" not in RunSettings().to_json()
    assert RunSettings(batch=4).to_json()["batch"] == 4
    assert RunSettings(batch=4).digest() == RunSettings().digest()


def test_a_batch_is_part_of_a_models_identity_where_it_changes_numbers():
    plain = load_model(untrained("sam_micro"), device="cpu")
    four = load_model(untrained("sam_micro"), device="cpu", batch=4)
    assert identity(four) != identity(plain)
    assert identity(load_model(untrained("sam_micro"), device="cpu", batch=None)) == identity(plain)
    half = [load_model(untrained("sam_micro"), device="cpu", precision="bf16", batch=batch) for batch in (1, 4)]
    assert [it.settings.get("batch") for it in half] == [None, 4]
    assert identity(half[0]) != identity(half[1])


def test_an_option_that_an_encoder_does_not_have_names_those_that_all_have():
    checkpoint = replace(untrained("sam_micro"), options=LoadOptions(image_size=512))
    with pytest.raises(SelectionError, match="expected only precision, attention, tf32, compile, channels_last"):
        load_model(checkpoint, device="cpu")
