"""The training phantoms on disk: generated once, read as memory maps."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.phantoms import TRAINING_SEEDS, Organ, generate

SQUARE_ZYX, WIDE_ZYX = (40, 256, 256), (40, 192, 256)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingVolume:
    """One cached phantom.

    Attributes
    ----------
    image_zyx
        Hounsfield units.
    tissues_zyx
        Tissue ids, from which organs and contrasts are made.
    """

    image_zyx: NDArray[np.int16]
    tissues_zyx: NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomCache:
    """All training volumes, and the pixels of each organ in each slice, ``(volume, slice, organ)``."""

    volumes: tuple[TrainingVolume, ...]
    areas_vzo: NDArray[np.int32]


def _save(path: Path, array: NDArray[Any]) -> None:
    """Replace atomically: both trainings may fill the same folder at once."""
    draft = path.with_suffix(f".{os.getpid()}.part")
    with draft.open("wb") as file:
        np.save(file, array)
    draft.replace(path)


def open_cache(folder: Path, count: int) -> PhantomCache:
    """Generate what is missing of the first ``count`` training phantoms and open them all; every fourth is wide."""
    from bench_cases.phantoms._tissues import organs_of

    folder.mkdir(parents=True, exist_ok=True)
    volumes, areas = [], []
    for index in range(count):
        image_path, tissue_path = folder / f"{index:04d}_hu.npy", folder / f"{index:04d}_tissue.npy"
        if not image_path.exists():
            shape = WIDE_ZYX if index % 4 == 0 else SQUARE_ZYX
            phantom = generate(TRAINING_SEEDS[index], shape_zyx=shape)
            _save(tissue_path, phantom.tissues_zyx)
            _save(image_path, phantom.image_zyx)
        volume = TrainingVolume(
            image_zyx=np.load(image_path, mmap_mode="r"), tissues_zyx=np.load(tissue_path, mmap_mode="r")
        )
        area_path = folder / f"{index:04d}_area.npy"
        if not area_path.exists():
            organs = organs_of(np.asarray(volume.tissues_zyx))
            counts = [np.bincount(s.ravel(), minlength=len(Organ)) for s in organs]
            _save(area_path, np.array(counts, np.int32))
        volumes.append(volume)
        areas.append(np.load(area_path))
    return PhantomCache(volumes=tuple(volumes), areas_vzo=np.stack(areas))
