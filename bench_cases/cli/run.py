"""``sambench run``: the benchmark under an engine; whatever else is typed is pytest's."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

SUITE = "benchmark"
"""Folder that is run when no test is named."""


def declare(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "run",
        help="run the benchmark here or on a Ray cluster; other options are pytest's and --sam-*",
        description=(
            "Run pytest with sambench's plugin. Tests, -k and --sam-* options are handed on as typed; where no test is "
            f"named, {SUITE}/ is run. The exit status is pytest's: 0 all floors reached, 1 a floor missed or a case "
            "broken, 2 interrupted, 4 something mistyped or a cluster that cannot be had."
        ),
        allow_abbrev=False,
    )
    parser.add_argument("--engine", metavar="local|ray", default="local", help="who computes (default: local)")
    parser.add_argument("--address", metavar="HOST:PORT", help="the Ray cluster, or auto; none starts one here")
    parser.add_argument("--workers", metavar="N", help="at most N workers")
    parser.add_argument("--gpus", metavar="N", help="GPUs of each worker, or a share of one")
    parser.add_argument("--retries", metavar="N", help="how often a group whose worker was lost is run again")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run pytest in this process, and return its exit status."""
    import pytest

    return int(pytest.main(pytest_arguments(options)))


def pytest_arguments(options: argparse.Namespace) -> list[str]:
    """Return what pytest is told.

    >>> pytest_arguments(argparse.Namespace(
    ...     engine="ray", address="auto", workers=None, gpus="0.5", retries=None, rest=["tests", "-k", "amos"]
    ... ))[-6:]
    ['--sam-engine=ray', '--sam-address=auto', '--sam-gpus=0.5', 'tests', '-k', 'amos']
    """
    given = [f"--sam-engine={options.engine}"]
    for name in ("address", "workers", "gpus", "retries"):
        value = getattr(options, name)
        if value is not None:
            given.append(f"--sam-{name}={value}")
    suite = ["-o", f"testpaths={SUITE}"] if Path(SUITE).is_dir() else []
    return ["-p", "bench_cases.pytest_plugin", *suite, *given, *options.rest]
