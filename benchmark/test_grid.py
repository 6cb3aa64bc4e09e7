"""What does a grid of propagations cost? All in one pass over a volume, against each strategy in a run of its own."""

import time
from collections.abc import Sequence

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench_cases import registry
from bench_cases.contracts import LoadedModel
from bench_cases.models.checkpoints import resolve
from bench_cases.models.loading import load_model
from bench_cases.prompting.grids import expand
from bench_cases.prompting.strategy import Strategy
from bench_cases.volume import Volume

pytestmark = pytest.mark.speed

SLICES = 12
MOST = 1 / 3
"""Times what the strategies cost apart. In one pass each frame is encoded once, equal walks are made once, and all
advance as one batch: measured 1/4.7 on 36 slices (one thread, processor time); 1/2.4 with frames alone shared."""


def seconds(volume: Volume, model: LoadedModel, strategies: Sequence[Strategy], walks: int | None) -> float:
    """Segment under the strategies, and return the time of this process on the processor: other work is not ours."""
    from bench_cases.engine.segment import EngineSettings, segment  # heavy, and not for whoever only collects
    from bench_cases.engine.segmentation import Segmentation

    start = time.process_time()
    settings = EngineSettings(walks_at_once=walks)
    for result in segment(volume, model, strategies, rules=registry.prompt_rules(), settings=settings).values():
        assert isinstance(result, Segmentation), result
    return time.process_time() - start


@pytest.mark.benchmark(group="grid: grid-24 of sam2_micro in one pass")
def test_the_grid_of_24_costs_a_third_of_24_separate_runs(benchmark: BenchmarkFixture) -> None:
    """Both in turns, so that a busy machine slows both; the best of each."""
    dataset = registry.datasets()["radiopaedia-phantom"]
    volume = dataset.load(dataset.volume_ids()[0]).limited(SLICES)
    model = load_model(resolve("sam2_micro"), device="cpu")
    strategies = expand(["grid-24"], registry.prompt_rules())
    apart: list[float] = []
    together: list[float] = []

    def one_round() -> None:
        apart.append(sum(seconds(volume, model, [strategy], 1) for strategy in strategies))
        together.append(seconds(volume, model, strategies, None))

    benchmark.pedantic(one_round, rounds=3, warmup_rounds=0)
    ratio = min(together) / min(apart)
    benchmark.extra_info["ratio"] = ratio
    assert ratio < MOST, f"the grid costs {ratio:.2f} times its strategies apart; expected less than {MOST:.2f}"
