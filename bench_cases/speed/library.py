"""The libraries' own predictors around a network that is loaded already: what a plain script would use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from bench_cases.contracts import Checkpoint, LoadedModel, Precision
from bench_cases.errors import SelectionError

_NAMES: Final = {"segment_anything": "sam", "sam2": "sam2"}
_OWN_STEPS: Final = ("medsam", "vit_t")


def refuse_without_predictor(checkpoint: Checkpoint) -> None:
    """Raise for a model that has no predictor of segment_anything or sam2 to be compared with.

    Raises
    ------
    SelectionError
        With the models that have.
    """
    if checkpoint.backend not in _NAMES or checkpoint.arch in _OWN_STEPS:
        msg = (
            f"{checkpoint.name} has no predictor of segment_anything or sam2 to be compared with; expected a model of "
            "one of these libraries, such as sam_vit_b or sam2.1_tiny. Name another with --model."
        )
        raise SelectionError(msg)


def network_of(model: LoadedModel) -> Any:
    """Return the library's own network; raises what `refuse_without_predictor` does."""
    refuse_without_predictor(model.checkpoint)
    return getattr(model.image, "module")  # noqa: B009 - the adapters hold it; the seam does not speak of it


def slice_predictor(model: LoadedModel) -> Any:
    """Return a ``SamPredictor`` or ``SAM2ImagePredictor`` around the loaded network."""
    from bench_cases.models.micro.predictors import image_predictor  # brings scipy

    return image_predictor(network_of(model), _NAMES[model.checkpoint.backend])


@contextmanager
def as_in_the_readme(model: LoadedModel, precision: Precision) -> Iterator[None]:
    """Compute as the libraries' own examples do: without gradients, under autocast for fewer bits."""
    import torch

    dtype = {"fp32": None, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    with torch.inference_mode(), torch.autocast(model.device, dtype=dtype, enabled=dtype is not None):
        yield
