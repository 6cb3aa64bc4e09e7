"""What a checkpoint costs before its first mask: read, build, move, first inference; in this process or a fresh one.

``python -m bench_cases.models.load_cost`` measures one checkpoint, given as JSON on standard input, and prints JSON: a
process that has imported nothing yet is the only honest place to time a cold start in.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench_cases.contracts import Checkpoint, LoadedModel, LoadOptions, WalkLimits
from bench_cases.errors import CheckpointError
from bench_cases.models._weights import weights_of
from bench_cases.models.checkpoints import locate
from bench_cases.models.loading import load_model
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock

_SIDE: Final = 256


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class LoadCost:
    """Seconds from nothing to the first mask, and what was read.

    Parameters
    ----------
    stages_s
        ``read``, ``build``, ``move``; ``first`` and ``next`` inference (embedding and prediction of a 256 x 256 frame);
        in a fresh process also ``start``, the interpreter and all imports.
    total_s
        Wall time of all of it but ``next``.
    file_bytes
        Size of the weights on disk.
    form
        How they are stored: ``pt``, ``pth``, ``safetensors``, or ``none``.
    page_cache
        ``warm``: read just before; ``dropped``: the kernel was asked to forget the file before it was read.
    """

    stages_s: dict[str, float]
    total_s: float
    file_bytes: int
    form: str
    page_cache: str


def measure(
    checkpoint: Checkpoint, *, device: str = "auto", precision: str = "fp32", dropped: bool = False
) -> LoadCost:
    """Load a checkpoint in this process and make two inferences.

    Parameters
    ----------
    dropped
        Ask the kernel to forget the file first (`can_drop`); else it is read once, untimed, to be in the page cache.
    """
    files = _files(checkpoint)
    for file in files:
        if dropped:
            drop_from_page_cache(file)
        else:
            file.read_bytes()
    model = load_model(checkpoint, device=device, precision=precision)
    stages = dict(model.load_s)
    before = time.perf_counter()
    _infer(model)
    stages["first"] = time.perf_counter() - before
    # The digest of the weights is the harness's own affair and no part of a load.
    total = sum(stages.values())
    before = time.perf_counter()
    _infer(model)
    stages["next"] = time.perf_counter() - before
    return LoadCost(
        stages_s=stages,
        total_s=total,
        file_bytes=sum(file.stat().st_size for file in files),
        form=files[0].suffix.lstrip(".") if files else "none",
        page_cache="dropped" if dropped else "warm",
    )


def measure_fresh(checkpoint: Checkpoint, *, device: str, precision: str, dropped: bool = False) -> LoadCost:
    """Do the same in a process of its own, whose start and imports count.

    Raises
    ------
    CheckpointError
        When that process fails, with what it said last.
    """
    wish = {"device": device, "precision": precision, "dropped": dropped}
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - this interpreter, this module
        [sys.executable, "-m", __name__],
        input=json.dumps({"checkpoint": dataclasses.asdict(checkpoint), **wish}),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    wall = time.perf_counter() - started
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        msg = f"{checkpoint.name!r} was not measured in a fresh process, which ended with: {last}"
        raise CheckpointError(msg)
    cost = LoadCost(**json.loads(done.stdout.splitlines()[-1]))
    start = wall - cost.total_s - cost.stages_s["next"]
    return dataclasses.replace(cost, stages_s={"start": start, **cost.stages_s}, total_s=cost.total_s + start)


def can_drop() -> bool:
    """Whether this system can be asked to drop a file from its page cache."""
    return hasattr(os, "posix_fadvise")


def drop_from_page_cache(path: Path) -> None:
    """Ask the kernel to forget a file's pages; it may decline, for instance while another process maps them."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)  # pages that are not on disk yet are never dropped
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def _files(checkpoint: Checkpoint) -> list[Path]:
    path = locate(checkpoint)
    return [] if path is None else weights_of(path)


def _infer(model: LoadedModel) -> None:
    frame = np.zeros((_SIDE, _SIDE, 3), np.uint8)
    frame[64:192, 64:192] = 200
    prompt = Prompt(size_yx=(_SIDE, _SIDE), box_xyxy=(60, 60, 196, 196))
    clock = Clock(synchronise=model.synchronise)
    if model.image is not None:
        model.image.predict(model.image.embed(frame, clock=clock), prompt, clock=clock)
    elif model.video is not None:
        encoded = model.video.encode(frame, clock=clock)
        list(model.video.propagate([encoded], {0: prompt}, size_yx=(_SIDE, _SIDE), clock=clock))


def _from_json(record: dict[str, Any]) -> Checkpoint:
    options, limits = LoadOptions(**record.pop("options")), WalkLimits(**record.pop("limits"))
    listed: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in record.items()
    }
    return Checkpoint(**listed, options=options, limits=limits)


if __name__ == "__main__":
    wish = json.loads(sys.stdin.read())
    sys.stdout.write(json.dumps(dataclasses.asdict(measure(_from_json(wish.pop("checkpoint")), **wish))) + "\n")
