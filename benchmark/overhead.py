"""What does the harness cost? ``pytest`` with its report against a plain script for the same masks, each in a process.

Asked for by its path, since it starts processes: ``pytest benchmark/overhead.py``. Processor time of the whole process
counts, from the start of the interpreter to its end, because other work on the machine slows that least.
"""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

ROOT = Path(__file__).resolve().parents[1]
DATASET = "radiopaedia-phantom"
ROUNDS = 3
MOST = 1.1


def processor_seconds(command: list[str]) -> tuple[float, str]:
    """Run a command and return what it and its children spent on the processor, and its output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(  # noqa: S603 - our own suite
        command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


@pytest.mark.benchmark(group="overhead: pytest against a plain script")
@pytest.mark.parametrize(
    ("model", "strategy"), [("sam2_micro", "every.composite"), ("sam_micro", "every.composite")], ids=str
)
def test_overhead(benchmark: BenchmarkFixture, tmp_path: Path, model: str, strategy: str) -> None:
    """The two in turns; every volume of the phantom set, one strategy, so that nothing is shared; the same masks."""
    report = tmp_path / "run.json"
    harness = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "benchmark/test_volume.py"]
    harness += [f"--sam-dataset={DATASET}", f"--sam-model={model}", f"--sam-strategy={strategy}"]
    harness += ["--sam-baseline=none", f"--sam-report={report}"]
    script = [sys.executable, "-m", "bench_cases.speed.bare", model, DATASET, strategy]
    ratios: list[float] = []

    def one_round() -> None:
        bare_s, printed = processor_seconds(script)
        ours_s, _ = processor_seconds(harness)
        found = {it["case"]["volume"]: it["digests"]["masks"] for it in json.loads(report.read_text())["cases"]}
        assert found == json.loads(printed)
        ratios.append(ours_s / bare_s)

    benchmark.pedantic(one_round, rounds=ROUNDS)
    benchmark.extra_info.update(ratios=ratios, ratio=median(ratios))
    assert median(ratios) < MOST, f"pytest costs {median(ratios):.2f} times a plain script; each round: {ratios}"
