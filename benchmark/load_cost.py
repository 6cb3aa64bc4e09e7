"""What does a checkpoint cost before its first mask? Asked for by its path, since it starts processes.

``pytest benchmark/load_cost.py --sam-model sam2_micro``. Each row carries the median of its stages, the size of the
file and its format; the first inference stands apart from the load.
"""

from collections.abc import Callable
from statistics import median
from typing import TYPE_CHECKING

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

if TYPE_CHECKING:
    from bench_cases.models.load_cost import LoadCost

ROUNDS = 3


@pytest.mark.benchmark(group="loading: from nothing to the first mask")
@pytest.mark.parametrize("page_cache", ["warm", "dropped"])
@pytest.mark.parametrize("process", ["running", "fresh"])
def test_first_mask(
    benchmark: BenchmarkFixture, measure_load: "Callable[..., LoadCost]", process: str, page_cache: str
) -> None:
    """Read, build, move and infer once; in a fresh process the interpreter and all imports count too."""
    costs: list[LoadCost] = []

    def once() -> None:
        costs.append(measure_load(fresh=process == "fresh", dropped=page_cache == "dropped"))

    benchmark.pedantic(once, rounds=ROUNDS)
    stages = {name: median(cost.stages_s[name] for cost in costs) for name in costs[0].stages_s}
    benchmark.extra_info.update(
        {
            "process": process,
            "page_cache": page_cache,
            "stages_s": stages,
            "total_s": median(it.total_s for it in costs),
        }
    )
    benchmark.extra_info.update({"file_bytes": costs[0].file_bytes, "format": costs[0].form})
    assert stages["first"] > 0
