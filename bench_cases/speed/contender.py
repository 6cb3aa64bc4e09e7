"""Who takes part: a way from a volume to scored masks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench_cases.cases import Scores
from bench_cases.contracts import LoadedModel, Precision
from bench_cases.engine.batch_size import BatchSize
from bench_cases.volume import Volume

Masks = NDArray[np.bool_]


class Work(NamedTuple):
    """What a contender gave.

    Parameters
    ----------
    masks_zyx
        Masks by strategy.
    scores
        Scores by strategy.
    stages_s
        Seconds spent in each stage; on a device that runs ahead only meaningful where the run was synchronised.
    """

    masks_zyx: Mapping[str, Masks]
    scores: Mapping[str, Scores]
    stages_s: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A way from a volume to scored masks: frames prepared, prompts drawn, slices embedded, masks predicted and scored.

    Parameters
    ----------
    name
        ``library fp32``, ``sambench bf16``.
    work
        Segments a volume; told whether to wait for the device at each stage, which is honest about stages and slower.
    batch
        How many frames go through the encoder at once; None for one by one.
    """

    name: str
    precision: Precision
    model: LoadedModel
    work: Callable[[Volume, bool], Work]
    batch: BatchSize | None = None
