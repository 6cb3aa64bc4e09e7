"""Loading a checkpoint as a run's settings say, with the facts that its report keeps; the same here and on a worker."""

from __future__ import annotations

from typing import Any

from bench_cases.contracts import Checkpoint, LoadedModel
from bench_cases.settings import RunSettings

MICRO_BYTES = 10_000_000
"""Checkpoints smaller than this run on one CPU thread: more threads spin and cost time."""


def load_for_run(
    checkpoint: Checkpoint, settings: RunSettings, *, threads: int | None = None
) -> tuple[LoadedModel, dict[str, Any]]:
    """Put a checkpoint on the device of a run, and return the model and its facts.

    Parameters
    ----------
    threads
        CPU threads; None for one for micro models, and torch's own number for others.

    Raises
    ------
    SambenchError
        As of `bench_cases.models.loading.load_model`.
    """
    import torch

    from bench_cases.models._hardware import hardware
    from bench_cases.models.loading import identity, load_model

    if threads is None and (MICRO_BYTES if checkpoint.size_bytes is None else checkpoint.size_bytes) < MICRO_BYTES:
        threads = 1
    if threads is not None:
        torch.set_num_threads(threads)
    model = load_model(
        checkpoint,
        device=settings.device,
        precision=settings.precision,
        deterministic=settings.deterministic,
        batch=settings.frames_at_once(),
        volumes=settings.volumes_at_once(),
    )
    facts = {
        "name": checkpoint.name,
        "backend": checkpoint.backend,
        "arch": checkpoint.arch,
        "licence": checkpoint.licence,
        "citation": checkpoint.citation,
        "modes": list(checkpoint.modes),
        "device": model.device,
        "hardware": hardware(model.device),
        "precision": model.precision,
        "parameters": model.parameters,
        "weights_sha256": model.weights_sha256,
        "identity_sha256": identity(model),
        "size_bytes": checkpoint.size_bytes,
        "load_s": dict(model.load_s),
        "settings": {**model.settings, "threads": torch.get_num_threads()},
    }
    return model, facts
