"""From a checkpoint to a model on a device: the one door that the rest of the project uses."""

from __future__ import annotations

from bench_cases.contracts import Checkpoint, LoadedModel
from bench_cases.errors import CheckpointError, SelectionError
from bench_cases.models._devices import check_precision, pick_device
from bench_cases.models.backends import backends
from bench_cases.models.checkpoints import locate, missing


def load_model(checkpoint: Checkpoint, *, device: str = "auto", precision: str = "fp32") -> LoadedModel:
    """Load a checkpoint; every call reads, builds and moves anew.

    Parameters
    ----------
    checkpoint
        A record of the table, one made by `parse_checkpoint`, or one whose `file` is empty: that gives the
        architecture with random weights from a fixed seed, for tests and timings.
    device
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    precision
        ``fp32``, ``bf16`` or ``fp16``; fewer bits by autocast.

    Raises
    ------
    SelectionError
        For an unknown device, precision, backend or architecture, or a device that is not there.
    CheckpointError
        When the weights are not on disk, damaged, or do not fit.
    """
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
    bits = check_precision(precision)
    path = None
    if checkpoint.file:
        lack = missing(checkpoint)
        path = locate(checkpoint)
        if lack is not None or path is None:
            raise CheckpointError(lack)
    return backend.load(checkpoint, path, device=where, precision=bits)
