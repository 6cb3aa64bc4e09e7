"""Starting a target's process as often as it dies, until its time is up, and adding up the figures."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Literal

from tests.fuzz.corpus import ROOT
from tests.fuzz.count import Count
from tests.fuzz.feeding import saved
from tests.fuzz.target import Target

Engine = Literal["seeded", "guided"]

_STARTING_S = 300
"""What a process may take beyond its time: starting, under others, and one slow input."""


def engines() -> list[Engine]:
    """Return the engines that can be had here; atheris has no wheel for every platform and Python."""
    return ["seeded", "guided"] if importlib.util.find_spec("atheris") is not None else ["seeded"]


def drive(
    target: Target, *, engine: Engine, seconds: float, seed: int, keep: Path, real: Path | None, module: str = ""
) -> Count:
    """Feed a target in processes of its own for so many seconds.

    Parameters
    ----------
    keep
        Where inputs go that ended badly.
    real
        A folder of real files to begin from, too.
    module
        Module that has the target, when it is none of `targets`.
    """
    count, left, restarts = Count(), seconds, 0
    with tempfile.TemporaryDirectory(prefix="sambench-drive-") as work:
        hand, figures = Path(work) / "hand", Path(work) / "figures"
        command = [sys.executable, "-m", "tests.fuzz.child", target.name, "--engine", engine, "--keep", str(keep)]
        command += ["--hand", str(hand), "--figures", str(figures), *(["--module", module] if module else [])]
        command += ["--real", str(real)] if real is not None else []
        while left > 0:
            began = time.monotonic()
            ended = _ended([*command, "--seconds", f"{left:.1f}", "--seed", str(seed + restarts)], left)
            left -= time.monotonic() - began
            restarts += 1
            if figures.exists():
                count.add(Count(**json.loads(figures.read_text())))
                figures.unlink()
            if hand.exists():
                count.runs += 1
                count.crashes += 1
                name = saved(hand.read_bytes(), target, keep)
                count.found.append(f"the process ended by {ended[0]} ({name})")
                hand.unlink()
            elif ended[0] != "exit status 0":
                raise RuntimeError(f"{target.name}: {ended[0]}\n{ended[1]}")
            else:
                break
    return count


def _ended(command: list[str], seconds: float) -> tuple[str, str]:
    """Run a process to its end; say how it ended and what it wrote."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SAMBENCH_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
    }
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=seconds + _STARTING_S,
        )
    except subprocess.TimeoutExpired:
        return "taking longer than its time", ""
    code = done.returncode
    how = f"exit status {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
    return how, done.stderr[-4000:]
