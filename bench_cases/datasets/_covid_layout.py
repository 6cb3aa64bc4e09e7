"""The layout of COVID-19-CT-Seg on disk, and the one loader that real and phantom volumes share.

Zenodo 3757476 has four archives with the same file names at their roots; each is extracted into a folder of its own,
or masks would overwrite images::

    COVID-19-CT-Seg_20cases/coronacases_001.nii.gz     image, int16 HU
    COVID-19-CT-Seg_20cases/radiopaedia_4_85506_1.nii.gz   image, uint8, already windowed
    Lung_Mask/<same names>                             1 left lung, 2 right lung
    Infection_Mask/<same names>                        1 infection
    Lung_and_Infection_Mask/<same names>               1 left lung, 2 right lung, 3 infection

Arrays stay in the order of the files, transposed only, as the study has them: Radiopaedia upright, Coronacases upside
down (the table at the top). Both headers say LAS; for Radiopaedia the A is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from bench_cases.contracts import DatasetInfo
from bench_cases.datasets._files import align_mask, read_image
from bench_cases.datasets._labels import labels_from_mask
from bench_cases.datasets._names import target_labels
from bench_cases.datasets._volume_of import volume_of
from bench_cases.volume import Volume, Window

IMAGES = "COVID-19-CT-Seg_20cases"
LUNGS = "Lung_Mask"
INFECTION = "Infection_Mask"
BOTH = "Lung_and_Infection_Mask"

TARGETS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {"lungs": (1, 2), "left_lung": (1,), "right_lung": (2,), "infection": (3,)}
)
FOLDERS: Mapping[str, str] = MappingProxyType(
    {"lungs": LUNGS, "left_lung": LUNGS, "right_lung": LUNGS, "infection": BOTH}
)
"""Folder that holds each target's ids. Lungs come from the lung mask, as in the study."""

KNOWN: Mapping[str, tuple[int, ...]] = MappingProxyType({LUNGS: (1, 2), INFECTION: (1,), BOTH: (1, 2, 3)})
"""Ids that each folder's masks may hold."""

CORONACASES_WINDOW = Window(level=-650, width=1500)
"""Window of the published study (its `image_slice.py`); Radiopaedia comes windowed and gets none."""


def load_case(
    *,
    dataset: str,
    info: DatasetInfo,
    root: Path,
    stem: str,
    volume_id: str,
    target: str | None,
    folders: Mapping[str, str] = FOLDERS,
    window: Window | None,
) -> Volume:
    """Read image and mask of one volume.

    Parameters
    ----------
    root
        Folder that holds the four folders.
    stem
        File name without ``.nii.gz``.
    folders
        Target name to folder of its masks.

    Raises
    ------
    DataError, SelectionError
        For files that cannot be used; for a target the set does not have.
    """
    name, _ = target_labels(dataset, target, info.targets)
    file_name = f"{stem}.nii.gz"
    image = read_image(root / IMAGES / file_name)
    labels_zyx = np.zeros(image.array_zyx.shape, np.uint8)
    order = 0
    for part in name.split("+"):  # parts may come from masks whose ids mean different things
        folder, labels = folders[part], info.targets[part]
        mask = align_mask(image, read_image(root / folder / file_name), affine_trusted=info.affine_trusted)
        where = f"{folder}/{file_name}"
        own = labels_from_mask([mask], where=where, labels=labels, known=KNOWN.get(folder, ()))
        labels_zyx = np.where((labels_zyx == 0) & (own > 0), own + order, labels_zyx).astype(np.uint8)
        order += len(labels)
    return volume_of(image, labels_zyx, dataset=dataset, volume_id=volume_id, target=target, info=info, window=window)
