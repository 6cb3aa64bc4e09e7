"""Where commands of the pages are run: a process of its own each, that finds the heavy imports done.

Python's fork server imports them once; every command is then a fork of it, so that a page's fifty commands cost their
work and not fifty times the import of torch. Where nothing can be forked each command starts from nothing.
"""

from __future__ import annotations

import multiprocessing
import os
import runpy
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tests.docs import stand_ins

HEAVY = ("torch", "pandas", "scipy.stats", "sam2.sam2_video_predictor", "segment_anything", "pytest_benchmark.plugin")
LONGEST_S = 300


class Done(NamedTuple):
    """How a command ended, and what it printed on both of its streams."""

    status: int
    output: str


class Kitchen:
    """Runs ``pytest``, ``sambench`` and ``python`` in `folder`, with `environment` added to the process's own.

    Whatever else is typed is left to the shell.

    Parameters
    ----------
    packages
        Files added to packages of the library: ``{"bench_cases.models": folder}``.
    """

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        self.packages: dict[str, str] = {}
        if "forkserver" in multiprocessing.get_all_start_methods():
            self._context: multiprocessing.context.BaseContext = multiprocessing.get_context("forkserver")
            self._context.set_forkserver_preload([__name__, *HEAVY])
        else:
            self._context = multiprocessing.get_context("spawn")

    def run(self, words: Sequence[str]) -> Done:
        """Run a command as it is typed, its first word the program."""
        if words[0] not in {"pytest", "sambench", "python"}:
            return self._run_in_a_shell(words)
        output = self.folder.parent / "output.txt"
        arguments = (list(words), str(self.folder), self.environment, self.packages, str(output))
        process = self._context.Process(target=cook, args=arguments)  # type: ignore[attr-defined]
        process.start()
        process.join(LONGEST_S)
        if process.exitcode is None:
            process.kill()
            process.join()
        return Done(int(process.exitcode), output.read_text(encoding="utf-8", errors="replace"))

    def _run_in_a_shell(self, words: Sequence[str]) -> Done:
        done = subprocess.run(
            ["sh", "-c", shlex.join(words)],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=2 * LONGEST_S,
        )
        return Done(done.returncode, done.stdout)


def cook(words: list[str], folder: str, environment: dict[str, str], packages: dict[str, str], output: str) -> None:
    """Be the command: in its folder, with its environment, its output in a file."""
    with Path(output).open("w", encoding="utf-8") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1, closefd=False)
    os.environ.update(environment)
    os.chdir(folder)
    for package, place in packages.items():
        __import__(package)
        sys.modules[package].__path__ = [*sys.modules[package].__path__, place]
    stand_ins.install_where_asked()
    program, *sys.argv = words
    sys.argv.insert(0, program)
    try:
        status = _program(program)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(status)


def _program(name: str) -> int:
    if name == "pytest":
        import pytest

        return int(pytest.main(sys.argv[1:]))
    if name == "sambench":
        from bench_cases.cli import main

        return main(sys.argv[1:])
    if sys.argv[1] == "-c":
        exec(compile(sys.argv[2], "<snippet>", "exec"), {"__name__": "__main__"})  # noqa: S102 - the page's own lines
        return 0
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")
    return 0
