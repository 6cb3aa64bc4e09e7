"""How many threads of the processor a model gets."""

from __future__ import annotations

MICRO = "_micro"


def set_threads(model: str, threads: int | None) -> int:
    """Set torch's number of threads and return it; by default one for a micro model, which more would only slow."""
    import torch

    if threads is None and model.endswith(MICRO):
        threads = 1
    if threads is not None:
        torch.set_num_threads(threads)
    return torch.get_num_threads()
