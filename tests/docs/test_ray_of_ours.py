"""Ending a reader's Ray leaves every other Ray of the machine alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.docs import ray_of_ours

AT_START = Path(__file__).with_name("at_start")
ROOT = Path(__file__).resolve().parents[2]
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
SLEEPER = "import time; print(flush=True); time.sleep(600)"

pytestmark = pytest.mark.skipif(not ray_of_ours.can_tell(), reason="needs /proc, as Linux has it")


@contextmanager
def running(code: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """Start a process that would stay; it has begun when this returns."""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def test_what_bears_the_mark_is_ended_and_nothing_else(tmp_path: Path) -> None:
    ours, others = str(tmp_path / "ours"), str(tmp_path / "others")
    with ExitStack() as stack:
        willing, deaf, other, plain = (
            stack.enter_context(running(code, **environment))
            for code, environment in (
                (SLEEPER, {ray_of_ours.MARK: ours}),
                (DEAF, {ray_of_ours.MARK: ours}),
                (SLEEPER, {ray_of_ours.MARK: others}),
                (SLEEPER, {}),
            )
        )
        assert sorted(ray_of_ours.of(ours)) == sorted([willing.pid, deaf.pid])
        ray_of_ours.end(ours, grace_s=0.5)
        assert ray_of_ours.of(ours) == []
        assert (willing.wait(10), deaf.wait(10)) == (-15, -9)
        assert (other.poll(), plain.poll()) == (None, None)


def test_ray_stop_as_the_page_has_it_ends_the_readers_own(tmp_path: Path) -> None:
    environment = os.environ | {
        "PATH": os.pathsep.join([str(AT_START), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
        ray_of_ours.MARK: str(tmp_path),
    }
    with running(SLEEPER, **{ray_of_ours.MARK: str(tmp_path)}) as ours, running(SLEEPER) as other:
        done = subprocess.run(["sh", "-c", "ray stop; echo $?"], env=environment, stdout=subprocess.PIPE, check=True)
        assert done.stdout == b"0\n", "the shell bears the mark too, and waits"
        assert ours.wait(10) == -15
        assert other.poll() is None
