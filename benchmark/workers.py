"""Do two workers finish the embedded suite as soon as one process? Asked for by its path, since it starts processes.

``pytest benchmark/workers.py``: pytest alone, under pytest-xdist, and under Ray on a cluster of this machine, in turns,
by the wall clock, start-up included; the masks of all three are the same. Extras `parallel` and `ray`.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from typing import Final

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

ROOT = Path(__file__).resolve().parents[1]
SUITE = ("benchmark/test_volume.py", "benchmark/test_dataset.py", "-k", "phantom", "-q", "-p", "no:cacheprovider")
PLAIN = (sys.executable, "-m", "pytest")
WAYS: Final = {
    "one process": (*PLAIN, *SUITE),
    "xdist": (*PLAIN, "-n", "2", *SUITE),
    "ray": (*PLAIN, "--sam-engine=ray", "--sam-workers=2", *SUITE),
}
ROUNDS = 2
MOST = 1.1
"""Times the seconds of one process."""


def seconds(command: tuple[str, ...], report: Path) -> tuple[float, dict[str, str]]:
    """Run the suite; return how long that took, and the digest of each case's masks."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    began = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - our own suite
        [*command, f"--sam-report={report}"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    elapsed = time.perf_counter() - began
    assert done.returncode == 0, done.stdout + done.stderr
    cases = json.loads(report.read_text(encoding="utf-8"))["cases"]
    return elapsed, {json.dumps(case["case"], sort_keys=True): case["digests"]["masks"] for case in cases}


@pytest.mark.benchmark(group="workers: two of them against one process")
@pytest.mark.parametrize("way", ["xdist", "ray"])
def test_two_workers(benchmark: BenchmarkFixture, tmp_path: Path, way: str) -> None:
    """Every phantom, both micro models, three strategies; the median of the rounds' ratios."""
    pytest.importorskip(way)
    ratios: list[float] = []

    def one_round() -> None:
        alone_s, expected = seconds(WAYS["one process"], tmp_path / "alone.json")
        together_s, found = seconds(WAYS[way], tmp_path / "together.json")
        assert found == expected
        ratios.append(together_s / alone_s)

    benchmark.pedantic(one_round, rounds=ROUNDS)
    benchmark.extra_info.update(ratios=ratios, ratio=median(ratios))
    assert benchmark.disabled or median(ratios) < MOST, f"two workers take {median(ratios):.2f} times one process"
