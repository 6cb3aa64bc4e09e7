"""The volume that speed is measured on: a phantom of the size of a scan, so that everybody measures the same."""

from __future__ import annotations

from dataclasses import replace
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


def cut_into(scan: Volume, volumes: int) -> list[Volume]:
    """Return several volumes of different depth, cut from one: the first is all of it, the last about half.

    >>> scan = phantom_scan(slices=8, side=48)
    >>> [it.n_slices for it in cut_into(scan, 3)], cut_into(scan, 1) == [scan]
    ([8, 6, 4], True)
    """
    if volumes == 1:
        return [scan]
    depths = [scan.n_slices - number * scan.n_slices // (2 * (volumes - 1)) for number in range(volumes)]
    return [
        replace(scan.limited(max(1, depth)), id=f"{scan.id}-{number}") for number, depth in enumerate(depths, start=1)
    ]
