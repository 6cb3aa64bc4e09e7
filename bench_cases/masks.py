"""Writing predicted masks as NIfTI that overlays its source in any viewer."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench_cases.cases import Case
from bench_cases.volume import Volume


def mask_path(directory: Path, case: Case) -> Path:
    """Return ``directory/dataset/volume/model-strategy.nii.gz``; a target's colon becomes an underscore."""
    return directory / case.dataset.replace(":", "_") / case.volume / f"{case.model}-{case.strategy}.nii.gz"


def save_mask(path: Path, masks_zyx: NDArray[np.bool_], volume: Volume) -> None:
    """Write masks ``(Z, Y, X)`` as ``uint8`` NIfTI ``(X, Y, Z)`` with the affine of the volume's source.

    Slices that the run left out are written as zeros, so that the file has the source's own shape. The file appears
    whole or not at all. Its header carries the affine and nothing else of the source.
    """
    import nibabel

    whole = np.zeros((volume.source_slices, *masks_zyx.shape[1:]), np.uint8)
    whole[volume.slice_offset : volume.slice_offset + len(masks_zyx)] = masks_zyx
    image = nibabel.Nifti1Image(whole.transpose(2, 1, 0), volume.affine_xyz)
    image.header.set_xyzt_units("mm")
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{os.getpid()}-{path.name}")
    nibabel.save(image, partial)
    partial.replace(path)
