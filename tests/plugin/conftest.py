"""A small suite of somebody else's, run for real: embedded phantoms, micro checkpoints, few slices."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd  # noqa: F401
import pytest
import sam2.sam2_video_predictor  # noqa: F401
import scipy.stats  # noqa: F401
import segment_anything  # noqa: F401

from bench_cases.report.report_file import write_atomically

# Imported above so that they stay: a run within this process takes back what it imported, and torch can be
# imported only once.

ROOT = Path(__file__).resolve().parents[2]

SUITE = """
from bench_cases.floors import volume_shortfall

def test_volume(scores, floor):
    missed = volume_shortfall(floor, scores)
    assert not missed, missed
"""

FEW = ("--sam-limit-slices=4", "--sam-limit-volumes=1", "-p", "no:cacheprovider")
QUICK = (*FEW, "--sam-dataset=radiopaedia-phantom")


class Suite:
    """A directory with a suite in it, and ways to run it."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path = pytester.path

    def run(self, *options: str) -> pytest.RunResult:
        """Run in this process: quick, torch is imported once."""
        return self.pytester.runpytest_inprocess(*QUICK, *options)

    def spawn(self, *options: str) -> subprocess.Popen[str]:
        """Run in a process of its own."""
        command = [sys.executable, "-m", "pytest", *QUICK, *options]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.Popen(
            command,
            cwd=self.path,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
        )

    def report(self, name: str = "run.json") -> dict:
        report: dict = json.loads((self.path / name).read_text())
        return report

    def cut_short(self, name: str = "run.json") -> None:
        """Make a report that of a run which did not come to its end, as such a run would have written it."""
        report = {key: value for key, value in self.report(name).items() if key != "checksum"}
        report["run"]["complete"] = False
        write_atomically(self.path / name, report)


@pytest.fixture
def suite(pytester: pytest.Pytester) -> Suite:
    pytester.makeconftest('pytest_plugins = ["bench_cases.pytest_plugin"]')
    pytester.makepyfile(test_suite=SUITE)
    return Suite(pytester)


def cases(report: dict) -> dict[str, dict]:
    axes = ("dataset", "volume", "model", "strategy")
    return {"/".join(case["case"][axis] for axis in axes): case for case in report["cases"]}
