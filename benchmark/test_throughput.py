"""What is the engine worth? A volume to its scores, against the library's own predictor used plainly, in turns.

Micro models on a processor, where the network takes nearly all the time, so that little can be won: what is held here
is that nothing is lost, and that the masks are the same. ``sambench speed`` measures any model on any device.
"""

from dataclasses import replace

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from bench_cases.speed.plan import Plan

pytestmark = pytest.mark.speed

FEW = Plan(model="sam_micro", strategies=("every.composite",), slices=4, side=256, precisions=("fp32",))
PLANS = (FEW, replace(FEW, model="sam2_micro", strategies=("middle.composite.both",), slices=8, jpeg=True))
MOST = 1.5
"""Times the processor time of the library's predictor: far enough from the 1 expected that no busy machine fails it."""


@pytest.mark.benchmark(group="throughput: a volume to its scores, engine against library")
@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.name)
def test_throughput(benchmark: BenchmarkFixture, plan: Plan) -> None:
    """Rounds of the two in turns; by processor time, which other work on the machine slows least."""
    from bench_cases.speed.comparison import Comparison  # heavy, and not for whoever only collects
    from bench_cases.speed.measure import compare

    found: Comparison = benchmark.pedantic(compare, args=(plan,), kwargs={"device": "cpu"}, rounds=1)
    ours = found.rows[-1]
    benchmark.extra_info["ratio"] = 1 / ours.processor_speedup.value
    assert ours.agreement.voxels_differ == 0
    assert benchmark.disabled or 1 / ours.processor_speedup.value < MOST
