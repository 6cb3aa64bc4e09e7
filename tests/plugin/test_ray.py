"""The engine `ray` for real: two workers on this machine, one of them killed in the middle of a group; and Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.plugin.conftest import ROOT, cases

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed: pip install -e '.[ray]'"),
]

SELECTION = (
    "--sam-dataset=radiopaedia-phantom",
    "--sam-strategy=every.composite,middle.composite.both,dataset.composite.both",
    "--sam-limit-slices=4",
    "-p",
    "no:cacheprovider",
)
AT_WORK = b"ray::GroupWorker.run"
"""What Ray calls a process while it computes a group."""
TOO_BUSY = "timed out during startup"
"""Ray gives its own processes 15 s to come up, which a machine with many times more to do than cores does not meet."""
PATIENCE_S = 240


@pytest.fixture
def start(suite):
    """Start ``sambench run --engine ray`` with two workers; what is left of it at the end is killed."""
    started = []

    def begin(*options):
        command = [sys.executable, "-c", "from bench_cases.cli import main; raise SystemExit(main())", "run"]
        command += ["--engine=ray", "--workers=2", *SELECTION, "-W", "error", "--sam-report=ray.json", *options]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "RAY_"))}
        started.append(
            subprocess.Popen(
                command,
                cwd=suite.path,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**environment, "PYTHONPATH": str(ROOT)},
            )
        )
        return started[-1]

    yield begin
    for process in started:
        for child in [*descendants(process.pid), process.pid]:
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                continue
        process.communicate()


def descendants(parent):
    """Return the children of a process, their children, and so on: nobody else's Ray is touched."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [parent]
    for one in found:
        found += [child for child, of in parents.items() if of == one]
    return found[1:]


def wait_for(condition, process):
    """Wait until a condition gives something, and return it; a process that ends before says why."""
    end = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        if process.poll() is not None:
            output = process.communicate()[0]
            if TOO_BUSY in output:
                pytest.skip(f"this machine is too busy to start Ray: {output.splitlines()[-1]}")
            pytest.fail(output)
        assert time.monotonic() < end
        time.sleep(0.02)
    return found


def workers_of(process):
    """Return the processes that compute a group for a driver at this moment."""

    def title(pid):
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return b""

    return [pid for pid in descendants(process.pid) if title(pid).startswith(AT_WORK)]


def test_a_cluster_with_a_worker_killed_in_the_middle_of_a_group_gives_the_scores_of_one_process(suite, start):
    process = start()
    victim = wait_for(lambda: workers_of(process), process)[0]
    os.kill(victim, signal.SIGKILL)
    output = process.communicate(timeout=PATIENCE_S)[0]
    assert process.returncode == 0, output
    assert "ray: a worker was lost (its process ended); its group was run again or failed" in output
    report = suite.report("ray.json")
    assert report["run"]["complete"] is True
    engine = report["run"]["engine"]
    assert (engine["name"], engine["workers"], engine["workers_lost"], engine["groups_failed"]) == ("ray", 2, 1, 0)
    assert report["settings"]["values"]["timings_taken_under_load"] is True

    suite.pytester.runpytest_inprocess(*SELECTION, "--sam-report=local.json")
    remote, local = cases(report), cases(suite.report("local.json"))
    assert remote.keys() == local.keys()
    for key, case in local.items():
        case["details"].pop("read_ahead", None)  # when a volume was read, which workers do not do ahead
        same = ("status", "scores", "digests", "prompts", "details")
        assert {name: remote[key][name] for name in same} == {name: case[name] for name in same}, key


def test_an_interrupted_cluster_leaves_a_valid_partial_report_and_no_process(suite, start):
    process = start("--sam-strategy=grid-24", "--sam-limit-slices=16")
    journal = suite.path / "ray.json.journal.jsonl"
    wait_for(lambda: journal.exists() and b'"kind":"case"' in journal.read_bytes().replace(b" ", b""), process)
    children = descendants(process.pid)
    process.send_signal(signal.SIGINT)
    output = process.communicate(timeout=PATIENCE_S)[0]
    assert process.returncode == pytest.ExitCode.INTERRUPTED, output
    report = suite.report("ray.json")
    assert report["run"]["complete"] is False
    assert report["run"]["exit_status"] == pytest.ExitCode.INTERRUPTED
    assert all(case["scores"] for case in report["cases"])
    assert 0 < len(report["cases"]) < 24 * 2
    end = time.monotonic() + 20
    while left := [child for child in children if Path(f"/proc/{child}").exists()]:
        assert time.monotonic() < end, left
        time.sleep(0.1)
