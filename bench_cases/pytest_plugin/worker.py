"""A worker of pytest-xdist: what it was told, and what it makes of that."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import pytest

from bench_cases.cases import Case, CaseResult
from bench_cases.scale.gpus import VARIABLE

INPUT: Final = "sambench"
"""Where a worker finds what it was told."""

THREADS: Final = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS")


def is_parallel(config: pytest.Config) -> bool:
    """Whether tests are run by several processes at once; true in the workers too."""
    return hasattr(config, "workerinput") or config.pluginmanager.has_plugin("dsession")


def bind(config: pytest.Config) -> None:
    """Before torch is loaded: see one GPU only, or compute on one thread."""
    gpu = _told(config).get("gpu")
    if gpu:
        os.environ[VARIABLE] = gpu
    elif on_one_thread(config):
        os.environ.update(dict.fromkeys(THREADS, "1"))


def on_one_thread(config: pytest.Config) -> bool:
    """Whether this process is a worker that shares the CPU with others, and was given no number of threads."""
    told = _told(config)
    return bool(told) and not told["gpu"] and config.getoption("--sam-threads") is None


def results_elsewhere(config: pytest.Config) -> dict[Case, CaseResult]:
    """Return what all workers have left so far; nothing in a process that has no others beside it."""
    report = _told(config).get("report")
    if not report:
        return {}
    from bench_cases.report.journal_file import journal_path, read_journal

    journal = journal_path(Path(report))
    content = read_journal(journal) if journal.exists() else None
    return {} if content is None else {result.case: result for result in content.records.results.values()}


def _told(config: pytest.Config) -> dict[str, Any]:
    told: dict[str, Any] = getattr(config, "workerinput", {}).get(INPUT, {})
    return told
