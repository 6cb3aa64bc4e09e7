"""The noun `Segmentation`: the predicted masks of one volume under one model and one strategy, with their timings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.engine.packed_masks import PackedMasks
from bench_cases.engine.rounds import Rounds
from bench_cases.prompt import Prompt
from bench_cases.prompting.strategy import Strategy


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segmentation:
    """What one strategy gave on one volume.

    Parameters
    ----------
    shape_zyx
        Shape of the masks.
    packed
        The masks, eight voxels a byte, so that eighty strategies of one volume fit in memory.
    prompts
        Slice index as text (``"seed"`` for a foreign frame) to the prompt given there.
    timings_s
        Raw samples in seconds by stage.
    shared_stages
        Stages measured once for several strategies.
    rounds
        With clicks, the masks after each number of them; `packed` is the last.
    details
        Passes made, encoder runs, and what else explains the masks.
    """

    strategy: Strategy
    shape_zyx: tuple[int, int, int]
    packed: NDArray[np.uint8]
    prompts: dict[str, Prompt]
    timings_s: dict[str, list[float]] = field(default_factory=dict)
    shared_stages: tuple[str, ...] = ()
    rounds: Rounds | None = None
    details: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, masks_zyx: NDArray[np.bool_], **rest: Any) -> Segmentation:
        """Pack boolean masks of shape ``(Z, Y, X)`` and keep the rest as given."""
        depth, height, width = masks_zyx.shape
        return cls(shape_zyx=(depth, height, width), packed=np.packbits(masks_zyx), **rest)

    @classmethod
    def collected(cls, masks: PackedMasks, **rest: Any) -> Segmentation:
        """Take masks that were packed as they came, and keep the rest as given."""
        return cls(shape_zyx=masks.shape_zyx, packed=masks.packed, **rest)

    @property
    def masks_zyx(self) -> NDArray[np.bool_]:
        """The predicted masks, shape ``(Z, Y, X)``."""
        count = int(np.prod(self.shape_zyx))
        return np.unpackbits(self.packed, count=count).reshape(self.shape_zyx).view(bool)

    def digest(self) -> str:
        """SHA-256 of the masks, hex."""
        return _digest(self.shape_zyx, self.packed)

    def prompts_digest(self) -> str:
        """SHA-256 over all prompts and where they were given, hex."""
        lines = [f"{place} {prompt.digest()}" for place, prompt in sorted(self.prompts.items())]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def masks_digest(masks_zyx: NDArray[np.bool_]) -> str:
    """Return the digest that a segmentation with these masks has, to know saved masks again."""
    depth, height, width = masks_zyx.shape
    return _digest((depth, height, width), np.packbits(masks_zyx))


def _digest(shape_zyx: tuple[int, int, int], packed: NDArray[np.uint8]) -> str:
    return hashlib.sha256(repr(shape_zyx).encode() + packed.tobytes()).hexdigest()
