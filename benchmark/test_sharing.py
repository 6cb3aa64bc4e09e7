"""What do more prompts cost? Three image strategies in one pass over a volume, against one of them alone."""

from collections.abc import Callable
from statistics import median

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

MOST = 1.5
"""Three strategies may cost this much more than one; the encoder, which runs once a slice, is the rest."""


@pytest.mark.benchmark(group="sharing: three strategies in one pass")
def test_three_strategies(benchmark: BenchmarkFixture, time_strategies: Callable[..., float]) -> None:
    """The ratio of the two, timed in turns in the same run so that a busy machine slows both."""
    ratios: list[float] = []

    def one_round() -> None:
        alone = time_strategies("every.composite")
        together = time_strategies("every.composite", "every.composite.first", "every.composite-framecentre")
        ratios.append(together / alone)

    benchmark.pedantic(one_round, rounds=5, warmup_rounds=1)
    benchmark.extra_info["ratio"] = median(ratios)
    assert median(ratios) < MOST, f"three strategies cost {median(ratios):.2f} times one; expected less than {MOST}"
