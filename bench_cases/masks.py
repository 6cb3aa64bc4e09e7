"""Writing predicted masks as NIfTI that overlays its source in any viewer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench_cases.cases import Case
from bench_cases.volume import Volume
from bench_cases.whole_files import write_whole


def mask_path(directory: Path, case: Case) -> Path:
    """Return ``directory/dataset/volume/model-strategy.nii.gz``; a target's colon becomes an underscore."""
    return directory / case.dataset.replace(":", "_") / case.volume / f"{case.model}-{case.strategy}.nii.gz"


def save_mask(path: Path, masks_zyx: NDArray[np.bool_], volume: Volume) -> None:
    """Write the file of masks ``(Z, Y, X)``; it appears whole or not at all."""
    write_whole(path, mask_file(masks_zyx, volume))


def mask_file(masks_zyx: NDArray[np.bool_], volume: Volume) -> bytes:
    """Return masks ``(Z, Y, X)`` as a ``.nii.gz``: ``uint8 (X, Y, Z)`` with the affine of the volume's source.

    Slices that the run left out are zeros, so that the file has the source's own shape. Its header carries the affine,
    with the two codes that say what it leads to, and nothing else of the source. Equal masks give equal bytes.
    """
    import gzip
    import io

    import nibabel

    whole = masks_zyx.view(np.uint8)
    if len(whole) < volume.source_slices:
        whole = np.zeros((volume.source_slices, *masks_zyx.shape[1:]), np.uint8)
        whole[volume.slice_offset : volume.slice_offset + len(masks_zyx)] = masks_zyx
    image = nibabel.Nifti1Image(whole.transpose(2, 1, 0), volume.affine_xyz)
    if volume.affine_codes is not None:
        # Viewers differ in which of the two they read: both lead where the source's do.
        image.set_sform(volume.affine_xyz, code=volume.affine_codes.sform)
        image.set_qform(volume.affine_xyz, code=volume.affine_codes.qform)
    image.header.set_xyzt_units("mm")
    stream = io.BytesIO()
    image.to_stream(stream)
    return gzip.compress(stream.getbuffer(), compresslevel=1, mtime=0)
