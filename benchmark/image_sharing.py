"""Do k image strategies cost little more than one where the encoder is a real one? SAM ViT-B, random weights.

Speed does not depend on what the weights are. ``pytest benchmark/image_sharing.py`` takes minutes on a CPU, and is
collected only when it is named so.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench_cases import registry
from bench_cases.contracts import Checkpoint, LoadedModel
from bench_cases.engine.segment import segment
from bench_cases.models.loading import load_model
from bench_cases.phantoms import Organ, generate
from bench_cases.prompting.strategy import parse
from bench_cases.volume import Volume

STRATEGIES = (
    "every.composite",
    "every.box",
    "every.point",
    "every.centroid+2",
    "every.composite.first",
)
MOST = 1 + 0.1 * (len(STRATEGIES) - 1)
"""What the strategies may cost, one alone being 1."""

SLICES = 2
ROUNDS = 2


@pytest.fixture
def vit_b() -> LoadedModel:
    """SAM ViT-B with random weights from a fixed seed, on the best device there is."""
    name = "untrained_vit_b"
    return load_model(Checkpoint(name=name, backend="segment_anything", arch="vit_b", file="", modes=("image",)))


@pytest.fixture
def slices() -> Volume:
    """The middle slices of a phantom's chest."""
    phantom = generate(seed=0)
    whole = Volume(
        dataset="phantom",
        id="0",
        image_zyx=phantom.image_zyx,
        labels_zyx=phantom.labels_zyx * (phantom.labels_zyx <= Organ.RIGHT_LUNG),
        spacing_zyx_mm=None,
        modality="CT",
        target="lungs",
    )
    return whole.limited(SLICES)


@pytest.mark.benchmark(group="sharing: strategies of image mode in one pass, ViT-B")
def test_strategies_of_one_pass_cost_little_more_than_one(
    benchmark: BenchmarkFixture, vit_b: LoadedModel, slices: Volume
) -> None:
    """The ratio of the two, timed in turns in the same run so that a busy machine slows both; the best of each."""
    rules = registry.prompt_rules()
    times: dict[int, list[float]] = {1: [], len(STRATEGIES): []}

    def seconds(names: Sequence[str]) -> float:
        start = time.perf_counter()
        found = segment(slices, vit_b, [parse(name, prompts=rules) for name in names], rules=rules)
        elapsed = time.perf_counter() - start
        for result in found.values():
            if isinstance(result, Exception):
                raise result
            assert result.details["encoder_runs"] == SLICES
        return elapsed

    def one_round() -> None:
        for count, samples in times.items():
            samples.append(seconds(STRATEGIES[:count]))

    benchmark.pedantic(one_round, rounds=ROUNDS)
    ratio = min(times[len(STRATEGIES)]) / min(times[1])
    benchmark.extra_info["ratio"] = ratio
    assert ratio <= MOST, f"{len(STRATEGIES)} strategies cost {ratio:.2f} times one; expected at most {MOST:.2f}"
