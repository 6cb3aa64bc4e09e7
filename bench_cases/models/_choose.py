"""What image mode does alike in both libraries: check what is given, decode, choose a mask, bring it to size."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from bench_cases.contracts import Device, Embedding, MaskChoice, Precision, Prediction
from bench_cases.models._devices import inference
from bench_cases.models._frame import must_be_drawn_on, must_be_one, must_have_no_mask
from bench_cases.prompt import Prompt
from bench_cases.timing import Clock

if TYPE_CHECKING:
    from torch import Tensor

E = TypeVar("E", bound=Embedding)

Decode = Callable[[bool], "tuple[Tensor, Tensor]"]
"""From whether three masks are wanted (else one) to logits ``(1, N, S/4, S/4)`` and predicted IoU ``(1, N)``."""

AtFullSize = Callable[["Tensor", "Tensor"], Prediction]
"""From logits ``(1, 1, S/4, S/4)`` and their predicted IoU to a mask at the frame's size."""


def own_embedding(embedding: Embedding, kind: type[E], prompt: Prompt) -> E:
    """Return the embedding, when it is of the model's own kind and the prompt one that can be given on it.

    Raises
    ------
    TypeError
        For an embedding of another model or mode.
    StrategyError
        For a mask prompt, one in parts, or one drawn on a frame of another size.
    """
    if not isinstance(embedding, kind):
        msg = f"an embedding of type {type(embedding).__name__}; expected one that embed() of this model returned."
        raise TypeError(msg)
    must_be_one(prompt)
    must_have_no_mask(prompt)
    must_be_drawn_on(embedding.size_yx, prompt)
    return embedding


def decode_one(
    decode: Decode,
    at_full_size: AtFullSize,
    *,
    choice: MaskChoice,
    device: Device,
    precision: Precision,
    clock: Clock,
) -> Prediction:
    """Decode and choose one mask; stages ``predict`` and ``to_host``."""
    with inference(device, precision):
        with clock.stage("predict"):
            logits, iou = decode(choice != "single")
            index = int(iou[0].argmax()) if choice == "confident" else 0
        with clock.stage("to_host"):
            return at_full_size(logits[:, index : index + 1], iou[0, index])


def decode_all(
    decode: Decode, at_full_size: AtFullSize, *, device: Device, precision: Precision, clock: Clock
) -> list[Prediction]:
    """Decode three masks and keep them all; stages ``predict`` and ``to_host``."""
    with inference(device, precision):
        with clock.stage("predict"):
            logits, iou = decode(True)
        with clock.stage("to_host"):
            return [at_full_size(logits[:, index : index + 1], iou[0, index]) for index in range(logits.shape[1])]
