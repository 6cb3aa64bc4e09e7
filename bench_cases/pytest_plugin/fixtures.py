"""The fixtures: a case and its parts as objects, its segmentation, its floor, and what latency tests need."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import numpy as np
import pytest

from bench_cases.cases import Case, CaseResult, Floor, Scores
from bench_cases.contracts import Dataset, ImageSegmenter, LoadedModel
from bench_cases.errors import DataError, StrategyError
from bench_cases.floors import NO_FLOOR
from bench_cases.frames import Frame, FrameSequence
from bench_cases.prompt import Prompt
from bench_cases.prompting.strategy import Strategy, parse
from bench_cases.pytest_plugin.bench import Bench
from bench_cases.pytest_plugin.engine import engine_of
from bench_cases.pytest_plugin.item_results import RESULT
from bench_cases.pytest_plugin.worker import results_elsewhere
from bench_cases.volume import Volume

if TYPE_CHECKING:
    from bench_cases.engine.segmentation import Segmentation
    from bench_cases.models.load_cost import LoadCost
    from bench_cases.runner import Runner

SHARING_SLICES = 8

P = ParamSpec("P")
R = TypeVar("R")


def image_mode(model: LoadedModel) -> ImageSegmenter:
    """Return the image mode of a model, or say that it has none."""
    if model.image is None:
        msg = f"model {model.checkpoint.name!r} offers no image mode; expected one for a test on single frames."
        raise StrategyError(msg)
    return model.image


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Case:
    """The case: names of dataset, volume, model and strategy. Every other fixture derives from it."""
    return Bench.of(request.config).by_id[request.param]


@pytest.fixture
def sam_runner(request: pytest.FixtureRequest) -> Runner:
    """The session's runner, which loads each checkpoint and each volume once."""
    return Bench.of(request.config).runner


@pytest.fixture
def dataset(case: Case, sam_runner: Runner) -> Dataset:
    """The dataset of the case: its name, facts and volume ids."""
    return sam_runner.datasets[case.dataset.partition(":")[0]]


@pytest.fixture
def volume(case: Case, sam_runner: Runner) -> Volume:
    """The scan of the case with its reference."""
    return sam_runner.volume(case.dataset, case.volume)


@pytest.fixture
def model(case: Case, sam_runner: Runner) -> LoadedModel:
    """The checkpoint of the case, on the device; loaded once for all cases that use it."""
    return sam_runner.model(case.model)


@pytest.fixture
def strategy(case: Case, sam_runner: Runner) -> Strategy:
    """The prompting strategy of the case."""
    return parse(case.strategy, prompts=sam_runner.rules)


@pytest.fixture
def segmentation(case: Case, request: pytest.FixtureRequest) -> Segmentation:
    """The predicted masks of the case with prompts and timings (``segmentation.masks_zyx``)."""
    engine = engine_of(request.config)
    request.node.stash.setdefault(RESULT, engine.result(case))
    return engine.segmentation(case)


@pytest.fixture
def scores(case: Case, floor: Floor, request: pytest.FixtureRequest) -> Scores:
    """Dice and Jaccard of the case: segmented now, or taken over from the run that is resumed."""
    from dataclasses import replace

    bench = Bench.of(request.config)
    done = bench.done.get(case.key) or engine_of(request.config).result(case)
    request.node.stash[RESULT] = replace(done, floor=None if floor is NO_FLOOR else floor)
    if done.scores is None:
        msg = f"{case.key} left no scores in the run that is resumed; run it again without --sam-resume."
        raise DataError(msg)
    return done.scores


@pytest.fixture
def floor(case: Case, request: pytest.FixtureRequest) -> Floor:
    """The least Dice and Jaccard of the case, from ``floors.toml`` beside the test."""
    floors = Bench.of(request.config).floors(request.node.path)
    if "dataset_scores" in request.fixturenames:
        return floors.for_dataset(case) or NO_FLOOR
    return floors.for_volume(case)


@pytest.fixture
def dataset_scores(case: Case, request: pytest.FixtureRequest) -> Sequence[CaseResult]:
    """The results of all volumes of a dataset under one model and strategy, in order; those that failed included."""
    bench = Bench.of(request.config)
    volumes = bench.places(case.dataset)
    wanted = [case._replace(volume=volume) for volume in volumes]
    results = bench.results
    if any(one not in results for one in wanted):
        results = {**results_elsewhere(request.config), **results}
    absent = [one.volume for one in wanted if one not in results]
    if absent:
        pytest.skip(f"{len(absent)} of {len(volumes)} volumes were run by another worker: {', '.join(absent[:3])}")
    return [results[one] for one in wanted]


@pytest.fixture
def frame(case: Case, sam_runner: Runner) -> Frame:
    """The frame that latency is measured on: the middle slice of the dataset's first volume."""
    volume = _latency_volume(case, sam_runner)
    return FrameSequence(volume=volume)[_latency_slice(volume)]


@pytest.fixture
def prompt(case: Case, sam_runner: Runner) -> Prompt:
    """The composite prompt on `frame`."""
    from bench_cases.engine.draw import draw_prompt

    volume = _latency_volume(case, sam_runner)
    return draw_prompt(volume, _latency_slice(volume), sam_runner.rules["composite"])


@pytest.fixture
def segmenter(model: LoadedModel) -> ImageSegmenter:
    """The image mode of the case's model: `embed` and `predict`."""
    return image_mode(model)


@pytest.fixture
def synchronised(model: LoadedModel) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Wrap a function so that it returns only when the device is idle: what a user at a screen waits for."""

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            value = function(*args, **kwargs)
            if model.synchronise is not None:
                model.synchronise()
            return value

        return call

    return wrap


@pytest.fixture
def reload_segmenter(case: Case, request: pytest.FixtureRequest) -> Callable[[], ImageSegmenter]:
    """Read, build and move the case's checkpoint anew at each call, as a script does that loads before each image."""
    bench = Bench.of(request.config)

    def reload() -> ImageSegmenter:
        return image_mode(bench.load(bench.checkpoints[case.model]))

    return reload


@pytest.fixture
def measure_load(case: Case, request: pytest.FixtureRequest) -> Callable[..., LoadCost]:
    """Load the case's checkpoint up to its first mask, in this process or a fresh one, page cache warm or dropped."""
    bench = Bench.of(request.config)
    settings = bench.settings

    def measured(*, fresh: bool, dropped: bool) -> LoadCost:
        from bench_cases.models import load_cost

        if dropped and not load_cost.can_drop():
            pytest.skip("this system has no posix_fadvise, so that its page cache cannot be dropped")
        measure = load_cost.measure_fresh if fresh else load_cost.measure
        return measure(
            bench.checkpoints[case.model], device=settings.device, precision=settings.precision, dropped=dropped
        )

    return measured


@pytest.fixture
def time_strategies(case: Case, sam_runner: Runner, frame: Frame) -> Callable[..., float]:
    """Return a function that segments a few slices under the named strategies in one pass and gives the seconds.

    On a processor they are the process's own, which other programs cannot lengthen.
    """
    from bench_cases.engine.segment import segment

    del frame  # asked for because it stands for image mode, and checks that there is something to prompt
    volume = _latency_volume(case, sam_runner).limited(SHARING_SLICES)
    model = sam_runner.model(case.model)

    def seconds(*names: str) -> float:
        strategies = [parse(name, prompts=sam_runner.rules) for name in names]
        now = time.process_time if model.device == "cpu" else time.perf_counter
        start = now()
        for result in segment(volume, model, strategies, rules=sam_runner.rules).values():
            if isinstance(result, Exception):
                raise result
        return now() - start

    return seconds


def _latency_volume(case: Case, runner: Runner) -> Volume:
    return runner.first_volume(case.dataset)


def _latency_slice(volume: Volume) -> int:
    """Return the slice with the target that is nearest to the middle."""
    nonempty = volume.nonempty_slices()
    if not len(nonempty):
        msg = f"{volume.dataset}/{volume.id} carries no {volume.target}, so there is nothing to prompt for latency."
        raise DataError(msg)
    return int(nonempty[np.argmin(np.abs(nonempty - volume.n_slices // 2))])
