"""From a checkpoint to a model on a device: the one door that the rest of the project uses."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from bench_cases.contracts import Checkpoint, Device, LoadedModel
from bench_cases.errors import CheckpointError, SelectionError
from bench_cases.models._devices import check_precision, pick_device
from bench_cases.models._switches import set_switches
from bench_cases.models.backends import backends
from bench_cases.models.checkpoints import locate, missing, unrunnable


def load_model(
    checkpoint: Checkpoint,
    *,
    device: str = "auto",
    precision: str = "fp32",
    deterministic: bool = False,
    batch: int | None = 1,
    volumes: int | None = 1,
) -> LoadedModel:
    """Load a checkpoint; every call reads, builds and moves anew.

    Parameters
    ----------
    checkpoint
        A record of the table, one made by `parse_checkpoint`, or one whose `file` is empty: that gives the
        architecture with random weights from a fixed seed, for tests and timings.
    device
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    precision
        ``fp32``, ``bf16`` or ``fp16``; fewer bits by autocast. The checkpoint's own option goes first.
    deterministic
        Whether repeated runs on one machine must be equal bit for bit. This and the checkpoint's switches are torch's
        own, which hold for the process: each load sets all of them anew.
    batch, volumes
        How many frames will go through the encoder at once, and how many volumes be propagated through together; None
        for what memory holds. Written down among the model's settings where they change numbers.

    Raises
    ------
    SelectionError
        For an unknown device, precision, backend or architecture, a device that is not there, an option that the
        architecture does not have, or a model that no adapter here can run.
    CheckpointError
        When the weights are not on disk, damaged, or do not fit.
    """
    reason = unrunnable(checkpoint)
    if reason is not None:
        raise SelectionError(f"{reason}.")
    known = backends()
    backend = known.get(checkpoint.backend)
    if backend is None:
        msg = (
            f"checkpoint {checkpoint.name!r} names backend {checkpoint.backend!r}; expected one of {', '.join(known)}."
        )
        raise SelectionError(msg)
    if checkpoint.arch not in backend.architectures():
        msg = (
            f"checkpoint {checkpoint.name!r} names architecture {checkpoint.arch!r}; "
            f"expected one of {', '.join(backend.architectures())} for backend {backend.name!r}."
        )
        raise SelectionError(msg)
    where = pick_device(device)
    bits = check_precision(checkpoint.options.precision or precision)
    path = None
    if checkpoint.file or checkpoint.hub:
        lack = missing(checkpoint)
        path = locate(checkpoint)
        if lack is not None or path is None:
            raise CheckpointError(lack)
    set_switches(checkpoint.options, deterministic=deterministic)
    model = backend.load(checkpoint, path, device=where, precision=bits)
    together = {"batch": batch, "volumes_together": volumes if model.video is not None else 1}
    shown = {name: number or "auto" for name, number in together.items() if _shows(number, where)}
    return replace(model, settings={**model.settings, **shown})


def _shows(number: int | None, device: Device) -> bool:
    """Tell whether a batch may change numbers: kernels are chosen by size, on a processor too."""
    if number is None:
        return device == "cuda"  # elsewhere what memory holds is not measured, and one goes in
    return number > 1


def identity(model: LoadedModel) -> str:
    """SHA-256, hex, over all that makes a model's results: weights, adapter, architecture, precision, every setting.

    Two models of one identity give the same masks on one machine; two runs under one name and of two identities are
    told apart by it.
    """
    facts = {
        "weights": model.weights_sha256,
        "backend": model.checkpoint.backend,
        "arch": model.checkpoint.arch,
        "precision": model.precision,
        "settings": dict(model.settings),
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
