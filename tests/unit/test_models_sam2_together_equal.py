"""Walks of SAM 2 that advance as one batch give the masks of each walk alone; predicted IoU to a last bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from bench_cases.contracts import BatchEncoder, BatchPropagator, Embedding, Prediction, Walk
from bench_cases.errors import StrategyError
from bench_cases.models import _sam2_step, _sam2_together
from bench_cases.models._as_alone import as_alone
from bench_cases.models._sam2_video import Sam2Video
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock
from tests.model_examples import frame_of, load_example, prompt_of

SIZE_YX = (160, 256)
FRAMES = [frame_of(SIZE_YX, seed) for seed in range(6)]


@pytest.fixture(scope="module")
def segmenter() -> Sam2Video:
    model = load_example("sam2_micro", "random")
    assert model is not None
    assert isinstance(model.video, Sam2Video)
    model.video.module.multimask_output_for_tracking = True  # three candidates on tracked frames, as the published ones
    return model.video


@pytest.fixture(scope="module")
def video(segmenter: Sam2Video) -> list[Embedding]:
    return [segmenter.encode(frame, clock=Clock()) for frame in FRAMES]


def smallest(_position, candidates):
    """Choose what the reference has no part in: the candidate that paints least."""
    areas = [int(mask.sum()) for mask in candidates]
    return areas.index(min(areas))


def asked(video, prompts, **rest):
    return Walk(video=video, prompts=prompts, size_yx=SIZE_YX, clock=Clock(), **rest)


def walks(video):
    """Both halves, a walk that starts before its prompt, two prompts, a mask, each choice, a chooser."""
    point, box = prompt_of("point", SIZE_YX), prompt_of("box", SIZE_YX)
    mask = np.zeros(SIZE_YX, bool)
    mask[40:120, 30:100] = True
    return [
        asked(video[3::-1], {0: point}),
        asked(video[3:], {0: point}, choice="first"),
        asked(video, {3: box}, choice="confident"),
        asked(video, {2: point}, choice="first"),
        asked(video, {1: box, 4: point}),
        asked(video[1:], {0: Prompt(size_yx=SIZE_YX, mask_yx=mask)}),
        asked(video, {0: box}, choose=smallest),
    ]


def alone(segmenter: Sam2Video, walk: Walk) -> list[Prediction]:
    return list(
        segmenter.propagate(
            walk.video, walk.prompts, size_yx=walk.size_yx, choice=walk.choice, choose=walk.choose, clock=walk.clock
        )
    )


def together(segmenter: Sam2Video, wanted: list[Walk], *, at_once: int = 16):
    """Return the predictions of each walk, what stopped some, and how many walks each batch held."""
    found: list[list[Prediction]] = [[] for _ in wanted]
    stopped: dict[int, Exception] = {}
    sizes = []
    for number, outcome, size, _ in segmenter.propagate_many(wanted, at_once=at_once):
        sizes.append(size)
        if isinstance(outcome, Exception):
            stopped[number] = outcome
        else:
            found[number].append(outcome)
    return found, stopped, sizes


def assert_equal(found, expected):
    for mine, theirs in zip(found, expected, strict=True):
        assert [it.score for it in mine] == pytest.approx([it.score for it in theirs], abs=1e-6)
        for one, other in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(one.mask_yx, other.mask_yx)


def test_walks_of_every_kind_give_the_masks_of_each_alone(segmenter: Sam2Video, video: list[Embedding]) -> None:
    assert isinstance(segmenter, BatchPropagator)
    expected = [alone(segmenter, walk) for walk in walks(video)]
    wanted = walks(video)
    found, stopped, sizes = together(segmenter, wanted)
    assert not stopped
    assert_equal(found, expected)
    assert any(it.mask_yx.any() for it in found[3])
    assert max(sizes) >= 4
    for walk in wanted:
        assert {stage: len(samples) for stage, samples in walk.clock.samples_s.items()} == {
            "propagate": len(walk.video),
            "to_host": len(walk.video),
        }


def test_a_shorter_memory_and_walks_that_wait_for_others_change_nothing(
    segmenter: Sam2Video, video: list[Embedding], monkeypatch: pytest.MonkeyPatch
) -> None:
    short = segmenter.with_memory(2)
    expected = [alone(short, walk) for walk in walks(video)]
    monkeypatch.setattr(_sam2_together, "UNDER_WAY", 3)
    found, stopped, sizes = together(short, walks(video), at_once=2)
    assert not stopped
    assert_equal(found, expected)
    assert max(sizes) == 2


def test_frames_encoded_together_walk_as_those_encoded_alone(segmenter: Sam2Video, video: list[Embedding]) -> None:
    assert isinstance(segmenter, BatchEncoder)
    clock = Clock()
    batch = segmenter.encode_many(FRAMES, clock=clock)
    for one, other in zip(batch, video, strict=True):
        assert all(map(torch.equal, one.levels, other.levels))  # type: ignore[attr-defined]
        assert one.nbytes == other.nbytes
        assert all(level.untyped_storage().nbytes() == level.nbytes for level in one.levels)
    assert {stage: len(samples) for stage, samples in clock.samples_s.items()} == {"to_device": 6, "embed": 6}
    assert_equal(together(segmenter, walks(batch))[0], [alone(segmenter, walk) for walk in walks(video)])


def test_what_stops_one_walk_stops_no_other(segmenter: Sam2Video, video: list[Embedding]) -> None:
    def refuse(position, _candidates):
        if position == 2:
            msg = "the chooser gave up"
            raise RuntimeError(msg)

    box = prompt_of("box", SIZE_YX)
    wanted = [asked(video, {0: box}), asked(video, {0: box}, choose=refuse), asked(video, {}), asked(video, {0: box})]
    found, stopped, _ = together(segmenter, wanted)
    assert [len(it) for it in found] == [6, 2, 0, 6]
    assert {number: type(error) for number, error in stopped.items()} == {1: RuntimeError, 2: StrategyError}
    assert str(stopped[1]) == "the chooser gave up"
    assert_equal([found[0]], [alone(segmenter, wanted[0])])


def test_a_batch_is_halved_where_memory_runs_out(
    segmenter: Sam2Video, video: list[Embedding], monkeypatch: pytest.MonkeyPatch
) -> None:

    def small(walks, *rest):
        if len(walks) > 2:
            msg = "CUDA out of memory. Tried to allocate 2.00 GiB."
            raise torch.OutOfMemoryError(msg)
        return _sam2_step.step(walks, *rest)

    expected = [alone(segmenter, walk) for walk in walks(video)]
    monkeypatch.setattr(_sam2_together, "step", small)
    found, stopped, sizes = together(segmenter, walks(video))
    assert not stopped
    assert_equal(found, expected)
    assert max(sizes) == 2


def test_products_of_one_row_a_sample_have_the_bits_of_each_alone() -> None:
    with torch.inference_mode():
        layer = torch.nn.Linear(64, 64)
        rows = torch.randn(5, 64)
        with as_alone(5, device="cpu", precision="fp32"):
            batch = layer(rows)
        assert torch.equal(batch, torch.cat([layer(row) for row in rows.split(1)]))


def test_walks_that_are_bound_to_be_equal_are_computed_once(
    segmenter: Sam2Video, video: list[Embedding], monkeypatch: pytest.MonkeyPatch
) -> None:
    box, point = prompt_of("box", SIZE_YX), prompt_of("point", SIZE_YX)
    choices = ("single", "confident", "first")

    def wanted():
        return [asked(video, {0: box}, choice=choice) for choice in choices] + [
            asked(video, {0: point}),
            asked(video[1:], {0: box}),
            asked(video, {0: box}, choose=smallest),
        ]

    # Where tracked frames have candidates, the first of them is another walk than the most confident.
    alike = {number: size for number, _, _, size in segmenter.propagate_many(wanted(), at_once=16)}
    assert alike == {0: 2, 1: 2, 2: 1, 3: 1, 4: 1, 5: 1}
    monkeypatch.setattr(segmenter.module, "multimask_output_for_tracking", False)
    walks = wanted()
    alike = {number: size for number, _, _, size in segmenter.propagate_many(walks, at_once=16)}
    assert alike == {0: 3, 1: 3, 2: 3, 3: 1, 4: 1, 5: 1}
    assert_equal(together(segmenter, wanted())[0], [alone(segmenter, walk) for walk in wanted()])
    assert [len(walk.clock.samples_s["propagate"]) for walk in walks[:3]] == [6, 6, 6]
