"""What image mode does alike in both libraries: check what is given, and choose among what was decoded.

Both decoders compute the single-mask token and three candidates in one run, and throw away what was not asked for; here
all are kept, so that one run serves every choice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from bench_cases.contracts import Decoded, Embedding, MaskChoice, Previous
from bench_cases.errors import StrategyError
from bench_cases.models._frame import must_be_drawn_on, must_be_one, must_have_no_mask
from bench_cases.prompt import Prompt

if TYPE_CHECKING:
    from torch import Tensor

E = TypeVar("E", bound=Embedding)

Single = Callable[["Tensor", "Tensor"], "tuple[Tensor, Tensor]"]
"""From all logits ``(1, 1 + N, S/4, S/4)`` and predicted IoU ``(1, 1 + N)`` to those of the single mask."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AllMasks(Generic[E]):
    """Everything that a decoder made of one prompt.

    Parameters
    ----------
    embedding
        What it was decoded on.
    logits
        ``(1, 1 + N, S/4, S/4)`` on the device, the single-mask token first, S the model's image size.
    iou
        Predicted IoU, ``(1, 1 + N)``.
    """

    embedding: E
    logits: Tensor
    iou: Tensor

    @property
    def candidates(self) -> int:
        """How many masks ``confident`` and ``first`` choose from."""
        return int(self.iou.shape[1]) - 1


def own_embedding(embedding: Embedding, kind: type[E], prompt: Prompt) -> E:
    """Return the embedding, when it is of the model's own kind and the prompt one that can be given on it.

    Raises
    ------
    TypeError
        For an embedding of another model or mode.
    StrategyError
        For a mask prompt, one in parts, or one drawn on a frame of another size.
    """
    own = of_own_kind(embedding, kind, made_by="embed")
    must_be_one(prompt)
    must_have_no_mask(prompt)
    must_be_drawn_on(own.size_yx, prompt)
    return own


def of_own_kind(embedding: Embedding, kind: type[E], *, made_by: Literal["embed", "encode"]) -> E:
    """Return the embedding, when it is of the model's own kind.

    Raises
    ------
    TypeError
        For one of another model or mode.
    """
    if not isinstance(embedding, kind):
        msg = f"an embedding of type {type(embedding).__name__}; expected one that {made_by}() of this model returned."
        raise TypeError(msg)
    return embedding


def own_masks(decoded: Decoded, kind: type[E]) -> AllMasks[E]:
    """Return what was decoded, when it was on an embedding of the model's own kind.

    Raises
    ------
    TypeError
        For what another model decoded.
    """
    if not isinstance(decoded, AllMasks) or not isinstance(decoded.embedding, kind):
        msg = f"masks of type {type(decoded).__name__}; expected what decode() of this model returned."
        raise TypeError(msg)
    return decoded


def choose(masks: AllMasks[E], choice: MaskChoice | int, single: Single) -> tuple[Tensor, Tensor]:
    """Return one mask's logits ``(1, 1, S/4, S/4)`` and predicted IoU ``(1, 1)``.

    Raises
    ------
    StrategyError
        For the number of a candidate that is not there.
    """
    if choice == "single":
        return single(masks.logits, masks.iou)
    index = 0 if choice == "first" else choice
    if index == "confident":
        index = int(masks.iou[0, 1:].argmax())
    if not 0 <= index < masks.candidates:
        msg = f"candidate {index} was asked for; expected a number from 0 to {masks.candidates - 1}."
        raise StrategyError(msg)
    return masks.logits[:, 1 + index : 2 + index], masks.iou[:, 1 + index : 2 + index]


def single_token(logits: Tensor, iou: Tensor) -> tuple[Tensor, Tensor]:
    """Return the single-mask token, for models that never replace it."""
    return logits[:, :1], iou[:, :1]


def earlier_logits(previous: Previous | None, embedding: E, single: Single) -> Tensor | None:
    """Return the logits ``(1, 1, S/4, S/4)`` of an earlier mask of the same frame, or None without one.

    Raises
    ------
    StrategyError
        When it was decoded on another embedding.
    """
    if previous is None:
        return None
    masks = own_masks(previous.decoded, type(embedding))
    if masks.embedding is not embedding:
        msg = "a mask to be refined that was decoded on another embedding; expected one of the same frame."
        raise StrategyError(msg)
    return choose(masks, previous.choice, single)[0].float()
