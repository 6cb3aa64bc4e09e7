"""What a measurement of speed is about: a model, strategies, a volume's size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bench_cases.contracts import Precision

SIDE: Final = 512
"""Rows and columns of a CT slice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One comparison, made in one process.

    Parameters
    ----------
    model
        Name of a checkpoint; without weights on disk it gets random ones, since speed does not depend on them.
    strategies
        Names in the strategy grammar, of one mode; the library's predictors take them one at a time.
    slices
        Slices of the phantom that is segmented, around its middle, where all carry the target.
    side
        Rows and columns of a slice.
    rounds
        Timed rounds; in each every contender runs once, in turn.
    precisions
        Those in which both sides are run; the library's in ``fp32`` is the baseline, whatever stands here.
    random
        Take random weights although there are others on disk.
    batch
        Frames that the engine puts through an encoder at once; None for as many as memory holds (one on a CPU). With 1
        propagations advance one by one too.
    jpeg
        Pass the engine's frames through JPEG too, as sam2's own loader makes the library do in video mode. Masks can
        then be the same; without, they differ by what JPEG does to a frame.
    volumes
        With more than one the engine is compared with itself: so many volumes propagated through together, against one
        at a time. The first has all `slices`, the last about half of them.
    """

    model: str
    strategies: tuple[str, ...]
    slices: int = 32
    side: int = SIDE
    rounds: int = 3
    precisions: tuple[Precision, ...] = ("fp32", "bf16")
    random: bool = False
    batch: int | None = None
    jpeg: bool = False
    volumes: int = 1

    @property
    def name(self) -> str:
        """What tables and figures call it."""
        several = f", {self.volumes} volumes" if self.volumes > 1 else ""
        return f"{self.model} {', '.join(self.strategies)}{several}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyPlan:
    """One model's time for one frame and one prompt, with and without waiting for the device."""

    model: str
    side: int = SIDE
    repeats: int = 20
    warmups: int = 3
    precision: Precision = "fp32"
    random: bool = False
