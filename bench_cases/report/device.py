"""The device that a run computed on: what its timings are timings of. In reports since schema version 2."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from bench_cases.cases import is_baseline
from bench_cases.report.fields import Field, text

UNKNOWN: Final = "unknown"


def _number(doc: str) -> Field:
    return Field(kind="integer", doc=f"{doc}; null if unknown", nullable=True)


DEVICE: Final = Field(
    kind="object",
    doc="what the models under test computed on; of several, names are joined by `and`",
    open=True,
    fields={
        "type": text(f"cpu, cuda or mps; `{UNKNOWN}` when no model was loaded"),
        "name": text("of the accelerator, or of the processor; null if unknown", nullable=True),
        "cores": _number("logical cores, of a processor"),
        "memory_bytes": _number("memory of the accelerator"),
        "compute_capability": text("of an NVIDIA device, such as 9.0; null if unknown", nullable=True),
        "count": _number("accelerators that the run saw; it computes on one a process"),
        "driver": text("version of the accelerator's driver; null if unknown", nullable=True),
        "cuda": text("CUDA that torch was built with; null if unknown", nullable=True),
    },
)


def device_of_run(environment: Mapping[str, Any], models: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a run computed on, from the facts that each model has left; null is what nobody knows.

    Rows to be beaten compute on the processor whatever the others do, and count only where there is nothing else.

    Examples
    --------
    >>> environment = {"cpu": {"name": "A Processor", "count": 2}}
    >>> found = device_of_run(environment, {"sam2": {"device": "cpu"}})
    >>> found["type"], found["name"], found["cores"]
    ('cpu', 'A Processor', 2)
    """
    judged = [facts for name, facts in models.items() if not is_baseline(name)] or list(models.values())
    told = [environment.get("device") or {}, *(_told(facts) for facts in judged)]
    found: dict[str, Any] = {name: _agreed(facts.get(name) for facts in told[1:]) for name in DEVICE.fields}
    found = {name: told[0].get(name) if value is None else value for name, value in found.items()}
    found["type"] = found["type"] or UNKNOWN
    processor = environment.get("cpu") or {}
    if found["name"] is None:
        found["name"] = processor.get("name")
    if found["type"] == "cpu" and found["cores"] is None:
        found["cores"] = processor.get("count")
    return found


def _told(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return what one model's facts say; in reports of version 1 the name is among its settings."""
    name = (model.get("settings") or {}).get("device_name")
    return {"type": model.get("device"), "name": name, **(model.get("hardware") or {})}


def _agreed(values: Iterable[Any]) -> Any:
    """Return the one value; of several texts all of them, of several numbers none."""
    distinct = sorted({value for value in values if value is not None and value != ""}, key=str)
    if len(distinct) > 1:
        return " and ".join(distinct) if all(isinstance(value, str) for value in distinct) else None
    return distinct[0] if distinct else None


def with_device(report: dict[str, Any]) -> dict[str, Any]:
    """Carry a report of version 1 forward: its device is put together from what its models have left."""
    environment, models = report.get("environment"), report.get("models")
    if not isinstance(environment, Mapping):
        return report  # damaged: the check that follows says how
    entries = models.items() if isinstance(models, Mapping) else ()
    device = device_of_run(environment, {name: facts for name, facts in entries if isinstance(facts, Mapping)})
    return {**report, "environment": {**environment, "device": device}}


def label(device: Mapping[str, Any]) -> str:
    """Return kind and name.

    >>> label({"type": "cuda", "name": "NVIDIA H200"}), label({"type": "unknown", "name": None})
    ('cuda NVIDIA H200', 'unknown')
    """
    return f"{device.get('type', UNKNOWN)} {device.get('name') or ''}".strip()


def size(device: Mapping[str, Any]) -> str:
    """Return how much of its kind a device is, in words; empty where nobody knows.

    >>> size({"cores": None, "memory_bytes": 150_000_000_000}), size({"cores": 2, "memory_bytes": None})
    ('140 GiB', '2 cores')
    """
    memory_bytes, cores = device.get("memory_bytes"), device.get("cores")
    if memory_bytes is not None:
        return f"{memory_bytes / 2**30:.0f} GiB"
    return "" if cores is None else f"{cores} cores"


def alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether times of one may be set against times of the other: the same name, and as much of it where that is known.

    One name is sold with more memory, or lent with fewer cores.
    """
    sizes = size(one), size(other)
    return label(one) == label(other) and (not all(sizes) or sizes[0] == sizes[1])


def in_full(device: Mapping[str, Any]) -> str:
    """Return kind, name and size.

    >>> in_full({"type": "cpu", "name": "A Processor", "cores": 2})
    'cpu A Processor, 2 cores'
    """
    return ", ".join(filter(None, (label(device), size(device))))
