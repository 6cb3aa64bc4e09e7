"""A pass that takes too long is stopped, whatever it does; the run goes on, or ends with every stack shown."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bench_cases import registry
from bench_cases.cases import Case
from bench_cases.errors import TimeLimitError
from bench_cases.pytest_plugin.option_values import seconds
from bench_cases.runner import Runner
from bench_cases.settings import RunSettings
from bench_cases.time_limit import NO_LIMIT, TimeLimit, TimeLimitReached
from tests.fakes import BarDataset, BrightSegmenter, checkpoint, loaded

ROOT = Path(__file__).parents[2]
SOON = TimeLimit(seconds=0.05)


def read_from_nobody() -> None:
    """Native code that lets signals through."""
    reading, writing = os.pipe()
    try:
        os.read(reading, 1)
    finally:
        os.close(reading)
        os.close(writing)


def wait_for_nobody() -> None:
    threading.Lock().acquire() and threading.Event().wait()


def count_for_ever() -> None:
    while True:
        pass


def swallow_every_error() -> None:
    while True:
        with contextlib.suppress(Exception):  # as third-party code does
            time.sleep(60)


@pytest.mark.parametrize("hang", [read_from_nobody, wait_for_nobody, count_for_ever, swallow_every_error])
def test_what_hangs_is_interrupted(hang) -> None:
    with pytest.raises(TimeLimitReached), SOON.held():
        hang()
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) == signal.SIG_DFL


def test_what_ends_in_time_is_left_alone_and_no_limit_is_none() -> None:
    for limit in (TimeLimit(seconds=60), NO_LIMIT):
        with limit.held():
            done = True
    assert done
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_one_who_swallows_the_first_interruption_is_interrupted_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench_cases.time_limit._AGAIN_S", 0.05)
    swallowed: list[int] = []

    def swallow_one() -> None:
        try:
            time.sleep(60)
        except TimeLimitReached:
            swallowed.append(1)
        time.sleep(60)

    with pytest.raises(TimeLimitReached), SOON.held():
        swallow_one()
    assert swallowed == [1]


def test_somebody_elses_alarm_goes_on_afterwards() -> None:
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: rung.append(number))
    try:
        signal.setitimer(signal.ITIMER_REAL, 60)
        with pytest.raises(TimeLimitReached), SOON.held():
            time.sleep(60)
        assert 50 < signal.getitimer(signal.ITIMER_REAL)[0] < 60
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        with TimeLimit(seconds=60).held():
            time.sleep(0.05)  # it passes unheard, and is not lost
        while not rung:
            time.sleep(0.001)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_outside_the_main_thread_nothing_is_interrupted() -> None:
    ended: list[bool] = []

    def work() -> None:
        with SOON.held():
            time.sleep(0.1)
            ended.append(True)

    worker = threading.Thread(target=work)
    worker.start()
    worker.join()
    assert ended == [True]


STUCK = """
import signal, time
from bench_cases.time_limit import TimeLimit
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])  # as native code that never returns
with TimeLimit(seconds=0.05, grace_s=0.05).held():
    def stuck_in_the_driver():
        time.sleep(60)
    stuck_in_the_driver()
"""


def test_what_cannot_be_interrupted_ends_the_process_with_its_stack_shown() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STUCK],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "Timeout (0:00:00.100000)!" in ended.stderr
    assert "in stuck_in_the_driver" in ended.stderr


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e9", "soon", ""])
def test_a_limit_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(
        argparse.ArgumentTypeError, match=rf"{re.escape(repr(text))} is no time limit; expected seconds"
    ):
        seconds(text)


def hang() -> None:
    """Be where the limit finds one: the alarm rings at once, so that no test depends on how fast the others are."""
    signal.raise_signal(signal.SIGALRM)
    time.sleep(600)


LONG = TimeLimit(seconds=600)


def make_runner(*, hangs: str, limit: TimeLimit, isolated: bool = False) -> Runner:
    """A runner of which one volume, or one model, hangs."""

    class Hanging(BarDataset):
        def load(self, volume_id, target=None):
            if volume_id == hangs:
                hang()
            return BarDataset.load(self, volume_id, target)

    def load(it):
        if it.name == hangs:
            hang()
        return loaded(BrightSegmenter(), it.name)

    strategies = ("every.composite", "middle.composite.both")
    return Runner(
        selection=[
            Case("bars", volume, model, it) for model in ("one", "two") for volume in "abc" for it in strategies
        ],
        settings=RunSettings(isolated=isolated),
        datasets={"bars": Hanging()},
        checkpoints={name: checkpoint(name) for name in ("one", "two")},
        rules=registry.prompt_rules(),
        load_model=load,
        limit=limit,
    )


@pytest.mark.parametrize(
    ("hangs", "hanging"), [("b", lambda case: case.volume == "b"), ("two", lambda case: case.model == "two")]
)
def test_a_pass_that_hangs_is_the_error_of_its_cases_and_the_run_goes_on(hangs, hanging) -> None:
    runner = make_runner(hangs=hangs, limit=LONG)
    whole = make_runner(hangs="", limit=NO_LIMIT)
    for case in runner.selection:
        if hanging(case):
            with pytest.raises(TimeLimitError) as caught:
                runner.outcome(case)
            assert str(caught.value) == (
                f"the pass over bars/{case.volume} under {case.model} took longer than 600 s and was stopped, with all "
                "2 strategies that it serves; expected it to end in that time. Allow more with --sam-timeout, take "
                "fewer slices with --sam-limit-slices, or give each case a pass of its own with --sam-isolated."
            )
        else:
            assert runner.outcome(case).result.digests == whole.outcome(case).result.digests


def test_a_limit_holds_for_each_case_alone_when_cases_are_isolated() -> None:
    runner = make_runner(hangs="a", limit=LONG, isolated=True)
    with pytest.raises(TimeLimitError, match="with all 1 strategies that it serves"):
        runner.outcome(runner.selection[0])


def test_a_stopped_pass_leaves_nothing_half_done_behind() -> None:
    runner = make_runner(hangs="b", limit=LONG)
    runner.outcome(runner.selection[0])
    assert list(runner.loaded) == ["one"]
    with pytest.raises(TimeLimitError):
        runner.outcome(runner.selection[0]._replace(volume="b"))
    assert not runner.loaded
