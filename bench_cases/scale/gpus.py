"""Which GPUs a process may use, found without loading torch or starting the driver."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from typing import Final

VARIABLE: Final = "CUDA_VISIBLE_DEVICES"

_LINE: Final = re.compile(r"^(?P<indent>\s*)(?:GPU|MIG)\b.*\(UUID: (?P<uuid>[^)]+)\)")


def visible_gpus(
    environment: Mapping[str, str] = os.environ, *, listing: Callable[[], str] | None = None
) -> tuple[str, ...]:
    """Return the GPUs that are visible, each as ``CUDA_VISIBLE_DEVICES`` names it; empty without any.

    Parameters
    ----------
    environment
        Where ``CUDA_VISIBLE_DEVICES`` may be set, by a batch system or by hand: then it holds.
    listing
        Gives the text of ``nvidia-smi -L``; by default that command is run.

    Examples
    --------
    >>> visible_gpus({"CUDA_VISIBLE_DEVICES": "2,3"})
    ('2', '3')
    >>> visible_gpus({"CUDA_VISIBLE_DEVICES": ""})
    ()
    """
    stated = environment.get(VARIABLE)
    if stated is None:
        return _listed((listing or _nvidia_smi)())
    names: list[str] = []
    for name in (part.strip() for part in stated.split(",")):
        if name in {"", "-1", "NoDevFiles"}:  # CUDA sees nothing from the first bad name on
            break
        names.append(name)
    return tuple(names)


def _listed(text: str) -> tuple[str, ...]:
    """Return the UUIDs in a listing; of a GPU that is cut into MIG devices, those, since CUDA cannot use the whole."""
    whole: list[str] = []
    parts: dict[str, list[str]] = {}
    for line in text.splitlines():
        found = _LINE.match(line)
        if found and not found["indent"]:
            whole.append(found["uuid"])
        elif found and whole:
            parts.setdefault(whole[-1], []).append(found["uuid"])
    return tuple(uuid for gpu in whole for uuid in parts.get(gpu, [gpu]))


def _nvidia_smi() -> str:
    command = shutil.which("nvidia-smi")
    if command is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - a program found on the path, one fixed word
            [command, "-L"], capture_output=True, text=True, check=False, timeout=30
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""
