"""Which runs of this project's tests are shared out among the cores."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import MOST_WORKERS, pytest_cmdline_main

SOURCE = pytest.Config.ArgsSource


@dataclass
class Asked:
    """What a command line says, as pytest hands it on; `workerinput` is there in a worker alone."""

    args_source: Any = SOURCE.TESTPATHS
    option: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(usepdb=False, numprocesses=None, dist="no"),
    )


def test_a_plain_run_is_shared_out_by_files_and_a_single_core_has_nobody_to_share_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for cores, workers, dist in ((1, 0, "no"), (2, 2, "loadfile"), (64, MOST_WORKERS, "loadfile")):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: set(range(cores)), raising=False)
        asked = Asked()
        pytest_cmdline_main(asked)  # type: ignore[arg-type]
        assert (asked.option.numprocesses, asked.option.dist) == (workers, dist)


def test_what_is_asked_for_stays() -> None:
    worker = Asked()
    worker.workerinput = {}  # type: ignore[attr-defined]
    named = Asked(args_source=SOURCE.ARGS)
    debugged = Asked(option=SimpleNamespace(usepdb=True, numprocesses=None, dist="no"))
    alone = Asked(option=SimpleNamespace(usepdb=False, numprocesses=0, dist="no"))
    covered = Asked(option=SimpleNamespace(usepdb=False, numprocesses=None, dist="no", cov_source=[True]))
    without_xdist = Asked(option=SimpleNamespace(usepdb=False))
    for asked in (worker, named, debugged, alone, covered, without_xdist):
        before = vars(asked.option).copy()
        pytest_cmdline_main(asked)  # type: ignore[arg-type]
        assert vars(asked.option) == before
