"""Many frames, prompts and masks in one run each: what the adapters do alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench_cases.contracts import Choice, Device, HostPixels, Prediction
from bench_cases.errors import StrategyError
from bench_cases.models._choose import AllMasks, E, Single, own_masks
from bench_cases.prompt import Prompt

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pixels:
    """A frame that was resized, on the host.

    Parameters
    ----------
    size_yx
        Size of the frame.
    input_yx
        Size to which it was resized, before any padding.
    tensor
        ``(1, 3, height, width)``: of the input, or already padded to the encoder's square.
    """

    size_yx: tuple[int, int]
    input_yx: tuple[int, int]
    tensor: Tensor

    def pinned(self, device: Device) -> Pixels:
        """Return them where a GPU fetches them without the host's help; as they are for other devices."""
        if device != "cuda":
            return self
        return Pixels(size_yx=self.size_yx, input_yx=self.input_yx, tensor=self.tensor.pin_memory())


def own_pixels(pixels: Sequence[HostPixels]) -> list[Pixels]:
    """Return the pixels, when they are of the adapters' own kind.

    Raises
    ------
    TypeError
        For pixels that another library prepared.
    """
    strange = [type(one).__name__ for one in pixels if not isinstance(one, Pixels)]
    if strange:
        msg = f"pixels of type {strange[0]}; expected what pixels_of() of this model returned."
        raise TypeError(msg)
    return [one for one in pixels if isinstance(one, Pixels)]


def must_be_alike(prompts: Sequence[Prompt]) -> None:
    """Refuse prompts that cannot be stacked.

    Raises
    ------
    StrategyError
        With the shapes that there are.
    """
    shapes = sorted({(len(prompt.points_xy), prompt.n_boxes) for prompt in prompts})
    if len(shapes) > 1:
        found = ", ".join(f"{points} points and {boxes} boxes" for points, boxes in shapes)
        msg = f"prompts of {found} to be decoded together; expected as many of each. Decode them apart."
        raise StrategyError(msg)


def joined(tensors: Iterable[Tensor]) -> Tensor:
    """Concatenate along the first axis; a single tensor is handed back, not copied."""
    import torch

    given = list(tensors)
    return given[0] if len(given) == 1 else torch.cat(given)


def split(embeddings: Sequence[E], logits: Tensor, iou: Tensor) -> list[AllMasks[E]]:
    """Return what was decoded together as if each prompt had been decoded alone."""
    return [
        AllMasks(embedding=embedding, logits=logits[index : index + 1], iou=iou[index : index + 1])
        for index, embedding in enumerate(embeddings)
    ]


def masks_of(
    choices: Sequence[Choice], kind: type[E], single: Single, full_size: Callable[[E, Tensor], Tensor]
) -> list[Prediction]:
    """Choose masks, bring those of frames of one size to it together, and to the host.

    Parameters
    ----------
    full_size
        From logits ``(N, 1, S/4, S/4)`` to masks ``(N, 1, Y, X)``, for an embedding of the size that is wanted.
    """
    masks = [own_masks(choice.decoded, kind) for choice in choices]
    by_size: dict[tuple[int, int], list[int]] = {}
    for index, one in enumerate(masks):
        by_size.setdefault(one.embedding.size_yx, []).append(index)
    found: dict[int, Prediction] = {}
    for indices in by_size.values():
        logits, iou = choose_many([masks[it] for it in indices], [choices[it].choice for it in indices], single)
        full = to_host(full_size(masks[indices[0]].embedding, logits)[:, 0])
        scores = iou[:, 0].cpu().tolist()
        found.update((it, Prediction(mask, score)) for it, mask, score in zip(indices, full, scores, strict=True))
    return [found[index] for index in range(len(choices))]


def choose_many(masks: Sequence[AllMasks[E]], choices: Sequence[str | int], single: Single) -> tuple[Tensor, Tensor]:
    """Return the chosen masks' logits ``(N, 1, S/4, S/4)`` and predicted IoU ``(N, 1)``; the device is not waited for.

    Raises
    ------
    StrategyError
        For the number of a candidate that is not there.
    """
    import torch

    candidates = masks[0].candidates
    for choice in choices:
        if isinstance(choice, int) and not 0 <= choice < candidates:
            msg = f"candidate {choice} was asked for; expected a number from 0 to {candidates - 1}."
            raise StrategyError(msg)
    logits, iou = torch.cat([one.logits for one in masks]), torch.cat([one.iou for one in masks])
    fixed = torch.tensor([1 + choice if isinstance(choice, int) else 1 for choice in choices], device=iou.device)
    confident = torch.tensor([choice == "confident" for choice in choices], device=iou.device)
    column = torch.where(confident, 1 + iou[:, 1:].argmax(dim=1), fixed)
    row = torch.arange(len(choices), device=iou.device)
    logits_of, iou_of = logits[row, column][:, None], iou[row, column][:, None]
    rows = [index for index, choice in enumerate(choices) if choice == "single"]
    if rows:
        at = torch.tensor(rows, device=iou.device)
        logits_of[at], iou_of[at] = single(logits[at], iou[at])
    return logits_of, iou_of


def to_host(masks_nyx: Tensor) -> NDArray[np.bool_]:
    """Bring boolean masks ``(N, Y, X)`` to the host, from another device in one transfer of eight pixels a byte."""
    if masks_nyx.device.type == "cpu":
        return masks_nyx.numpy()
    count = masks_nyx.numel()
    pixels = np.unpackbits(packed(masks_nyx.flatten()).cpu().numpy(), count=count)
    return pixels.view(bool).reshape(masks_nyx.shape)


def packed(bits: Tensor) -> Tensor:
    """Pack booleans ``(N,)`` as `numpy.packbits` does, the first in the highest bit, on the device."""
    import torch
    from torch.nn.functional import pad

    eights = pad(bits.to(torch.uint8), (0, -len(bits) % 8)).reshape(-1, 8)
    places = torch.tensor([128, 64, 32, 16, 8, 4, 2, 1], dtype=torch.uint8, device=bits.device)
    return (eights * places).sum(dim=1, dtype=torch.uint8)
