"""A benchmark run of a second: a suite of its own, volumes of bars, a model that is none; to be killed and starved.

What the process has finished is also written into a ledger of its own, a line a fact, past journal and report: these
are held to it.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from bench_cases import registry, runner
from bench_cases.cases import Case, CaseResult
from bench_cases.contracts import Checkpoint, LoadedModel
from bench_cases.pytest_plugin.bench import Bench
from bench_cases.reading import Reader
from bench_cases.scoring import score_case
from bench_cases.volume import Volume
from tests.fakes import BarDataset, BrightSegmenter, checkpoint, loaded

VOLUMES = tuple(f"v{number:02d}" for number in range(4))
STRATEGIES = ("every.composite", "middle.composite.both", "dataset.composite.both")
KEYS = frozenset(Case("bars", volume, "bright", strategy).key for volume in VOLUMES for strategy in STRATEGIES)

CONFTEST = 'pytest_plugins = ["bench_cases.pytest_plugin", "tests.faults.small_suite"]\n'
SUITE = "def test_volume(scores):\n    assert scores.dice_nonempty > 0\n"


def write_suite(folder: Path) -> Path:
    """Write the suite into a new folder."""
    folder.mkdir(parents=True)
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_suite.py").write_text(SUITE)
    return folder


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, "pytest", "bench_cases.report", "bench_cases.report.write", "rich.console"])


@contextmanager
def started(
    folder: Path, *options: str, fault: str = "", largest_file: int | None = None, said: str = "said"
) -> Iterator[Any]:
    """Start a run in a process of its own, which goes on from whatever lies there; it is over afterwards.

    The process is forked from one that has all modules: a run begins in a fraction of the time, and dies as any other.

    Parameters
    ----------
    fault
        What is to go wrong inside, ``memory`` or ``hang``.
    largest_file
        Bytes that a file may grow to: the disk is full there.
    said
        Name of the file that takes what it says.
    """
    process = _FORKS.Process(target=_run, args=(folder, options, fault, largest_file, said))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def finished(folder: Path, *options: str, fault: str = "", largest_file: int | None = None) -> tuple[int, str]:
    """Make a run to its end; return its exit status and what it said."""
    with started(folder, *options, fault=fault, largest_file=largest_file) as process:
        process.join()
    return process.exitcode or 0, (folder / "said").read_text()


def _run(folder: Path, options: tuple[str, ...], fault: str, largest_file: int | None, name: str) -> None:
    os.chdir(folder)
    os.environ |= {"FAULT": fault, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    said = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    if largest_file is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
    plain = ["-q", "-p", "no:cacheprovider", "-p", "no:warnings", f"--rootdir={folder}", "--sam-report=run.json"]
    resume = () if "--no-resume" in options else ("--sam-resume",)
    status = int(pytest.main([*plain, *resume, *(option for option in options if option != "--no-resume")]))
    if largest_file is not None:
        sys.stdout.flush()
        os._exit(status)  # nothing else is to be written under that limit, as coverage would at the end
    sys.exit(status)


# ------------------------------------------------------------ in the process that is killed


class Segmenter(BrightSegmenter):
    """Out of memory where the environment says so."""

    def embed(self, frame: Any, *, clock: Any) -> Any:
        if os.environ.get("FAULT") == "memory":
            msg = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 1099511627776 bytes."
            raise MemoryError(msg)
        return BrightSegmenter.embed(self, frame, clock=clock)

    encode = embed


def _reach_the_limit() -> None:
    """Let the time of the pass be over that waits for this volume, which may be read ahead during the one before.

    The alarm goes on ringing, as it does at a true limit: one that rings just before the main thread begins to wait is
    not heard.
    """
    while threading.current_thread() is not threading.main_thread() and not _is_waited_for():
        time.sleep(0.005)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.1)


def _is_waited_for() -> bool:
    frame: FrameType | None = sys._current_frames()[threading.main_thread().ident or 0]
    while frame is not None and frame.f_code is not Reader.read.__code__:
        frame = frame.f_back
    return frame is not None


class Bars(BarDataset):
    """The second volume never comes where the environment says so."""

    def load(self, volume_id: str, target: str | None = None) -> Volume:
        if os.environ.get("FAULT") == "hang" and volume_id == VOLUMES[1]:
            _reach_the_limit()
            time.sleep(600)
        return BarDataset.load(self, volume_id, target)


def note(fact: str, what: str) -> None:
    """Append a line to the ledger, at once."""
    descriptor = os.open("ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(descriptor, f"{fact} {what}\n".encode())
    os.close(descriptor)


def _load(_bench: Bench, one: Checkpoint) -> LoadedModel:
    return loaded(Segmenter(), one.name)


def _scored(case: Case, *rest: Any, **more: Any) -> CaseResult:
    note("scored", case.key)
    return score_case(case, *rest, **more)


def pytest_configure(config: pytest.Config) -> None:
    """Put the small things in the place of the real ones; nothing of torch is imported."""
    del config
    registry.datasets = lambda: {"bars": Bars(ids=VOLUMES)}
    registry.checkpoints = lambda: {"bright": checkpoint()}
    Bench.missing_weights = Bench.unrunnable = {}  # type: ignore[assignment, method-assign]
    Bench.load = _load  # type: ignore[assignment, method-assign]
    runner.score_case = _scored  # type: ignore[attr-defined]


def pytest_runtestloop() -> None:
    """Say that start-up is over."""
    note("began", "-")


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note each case after the recorder has returned: from here on nothing may lose it."""
    for kind, record in getattr(report, "sambench", ()):
        if kind == "case":
            note("recorded", CaseResult.from_json(record).case.key)
