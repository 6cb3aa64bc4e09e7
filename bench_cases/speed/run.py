"""Running a suite: one measurement after another, what cannot be made listed with its reason, all in one record."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from bench_cases.contracts import Device
from bench_cases.report import environment
from bench_cases.report.device import device_of_run
from bench_cases.speed.comparison import Comparison
from bench_cases.speed.latency import Latency, latencies
from bench_cases.speed.measure import compare
from bench_cases.speed.suites import Suite

NAME: Final = "sambench-speed"
VERSION: Final = 2

RANDOM: Final = (
    "weights are random where no trained ones are on disk: speed does not depend on them, masks and Dice say nothing "
    "about the model, and differences between precisions are larger than with trained ones."
)
PHANTOM: Final = "the volume is a phantom made in memory; reading a file is not part of the figures."


def run_suite(
    suite: Suite, *, device: Device, command: Sequence[str], threads: int | None = None, say: Callable[[str], None]
) -> dict[str, Any]:
    """Measure everything in a suite and return the record; what runs out of memory is listed, and the rest goes on."""
    comparisons: list[Comparison] = []
    timed: list[Latency] = []
    not_run = [{"what": what, "reason": reason} for what, reason in suite.not_run]
    for plan in suite.plans:
        with _listed(plan.name, not_run, device):
            comparisons.append(compare(plan, device=device, threads=threads, say=say))
    for one in suite.latencies:
        say(f"latency of {one.model}")
        with _listed(f"latency of {one.model}", not_run, device):
            timed.extend(latencies(one, device=device, threads=threads))
    random = any(it.random_weights for it in comparisons) or any(it.random_weights for it in timed)
    return {
        "schema": {"name": NAME, "version": VERSION},
        "created_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "suite": suite.name,
        "command": list(command),
        "environment": _environment(device),
        "notes": [PHANTOM, *([RANDOM] if random else [])],
        "comparisons": [it.to_json() for it in comparisons],
        "latencies": [it.to_json() for it in timed],
        "targets": [it.judge(comparisons) for it in suite.targets],
        "not_run": not_run,
    }


@contextmanager
def _listed(what: str, not_run: list[dict[str, str]], device: Device) -> Iterator[None]:
    """List what does not fit in memory instead of raising; give the device's memory back before the next comes."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not _no_room(error):
            raise
        not_run.append({"what": what, "reason": f"does not fit in memory: {str(error).partition(chr(10))[0]:.120}"})
    gc.collect()
    if device == "cuda":
        import torch

        torch.cuda.empty_cache()


def _no_room(error: Exception) -> bool:
    import torch

    return isinstance(error, (MemoryError, torch.OutOfMemoryError))


def _environment(device: Device) -> dict[str, Any]:
    """Return where the suite ran: the device in the fields of a report, and torch's switches as a model's settings."""
    from bench_cases.models._facts import torch_facts
    from bench_cases.models._hardware import hardware

    found = environment.describe()
    found["device"] = device_of_run(found, {"timed": {"device": device, "hardware": hardware(device)}})
    found["torch"] = torch_facts(device)
    return found
