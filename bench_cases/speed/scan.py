"""The volume that speed is measured on: a phantom of the size of a scan, so that everybody measures the same."""

from __future__ import annotations

from typing import Final

import numpy as np

from bench_cases.errors import SelectionError
from bench_cases.volume import Volume, Window

DATASET: Final = "speed-phantom"
WINDOW: Final = Window(-650, 1500)

LEAST_SIDE: Final = 48

_LEAST_SLICES: Final = 16
_MARGIN: Final = 2
"""A lung fills the middle half of a phantom and more: of one twice as deep, all slices taken carry the target."""


def check_side(side: int) -> int:
    """Return the side of a slice.

    Raises
    ------
    SelectionError
        When no phantom can be that small.
    """
    if side < LEAST_SIDE:
        msg = f"slices of {side} x {side} pixels; expected at least {LEAST_SIDE}, or no lung is left to see."
        raise SelectionError(msg)
    return side


def phantom_scan(*, slices: int, side: int) -> Volume:
    """Return a thorax phantom of ``slices`` x ``side`` x ``side``, each slice with lungs in it; made in memory."""
    from bench_cases.phantoms import BENCHMARK_SEEDS, Organ, generate

    seed = BENCHMARK_SEEDS[0]
    phantom = generate(seed, shape_zyx=(max(_LEAST_SLICES, _MARGIN * slices), side, side))
    left, right = (phantom.labels_zyx == organ for organ in (Organ.LEFT_LUNG, Organ.RIGHT_LUNG))
    volume = Volume(
        dataset=DATASET,
        id=str(seed),
        image_zyx=phantom.image_zyx,
        labels_zyx=(left + 2 * right).astype(np.uint8),
        spacing_zyx_mm=phantom.spacing_zyx_mm,
        modality="CT",
        target="lungs",
        window=WINDOW,
        phantom=True,
    )
    return volume.limited(slices)
