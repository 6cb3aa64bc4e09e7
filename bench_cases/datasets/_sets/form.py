"""A form: how one image or mask lies in a file or a folder, to be read and, for phantoms, written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._files import ScanImage, read_image
from bench_cases.datasets._files._scan import shown
from bench_cases.errors import DataError

Writer = Callable[[Path, tuple[NDArray[np.generic], ...], NDArray[np.float64]], None]
"""Writes channels ``(Z, Y, X)`` with their affine to a path whose folder exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A pair of functions that undo each other.

    Parameters
    ----------
    read
        From a path to a checked `ScanImage`; raises `DataError`.
    write
        The way back.
    """

    read: Callable[[Path], ScanImage]
    write: Writer


def _write_nifti(path: Path, channels: tuple[NDArray[np.generic], ...], affine_xyz: NDArray[np.float64]) -> None:
    import nibabel as nib

    voxels = channels[0].T if len(channels) == 1 else np.stack([each.T for each in channels], axis=-1)
    image = nib.Nifti1Image(voxels, affine_xyz)
    image.header.set_xyzt_units("mm")
    nib.save(image, path)


def _write_flat_nifti(path: Path, channels: tuple[NDArray[np.generic], ...], affine_xyz: NDArray[np.float64]) -> None:
    import nibabel as nib

    image = nib.Nifti1Image(channels[0][0].T, affine_xyz)
    image.header.set_xyzt_units("mm")
    nib.save(image, path)


def channel(index: int, of: int) -> Form:
    """Return the form of a 4D NIfTI file with `of` channels, of which number `index` is read.

    Which channel a set is judged on is part of the set; the others are never read into memory.
    """

    def read(path: Path) -> ScanImage:
        import nibabel as nib

        from bench_cases.datasets._files import _doors
        from bench_cases.datasets._files._scan import refuse_odd_type, scan_image
        from bench_cases.datasets._files.nifti import honest_errors

        _doors.check(path)
        with honest_errors(path):
            image = nib.load(path)
            shape = tuple(int(size) for size in image.shape)
            if len(shape) != 4 or shape[3] != of:
                msg = (
                    f"{shown(path)}: shape {' x '.join(map(str, shape))}; expected four axes, the last with {of} "
                    "channels. Download the set again."
                )
                raise DataError(msg)
            refuse_odd_type(path, image.get_data_dtype())
            voxels = np.asanyarray(image.dataobj[..., index])
        return scan_image(path, voxels.T, np.asarray(image.affine, np.float64))

    return Form(read=read, write=_write_nifti)


NIFTI = Form(read=read_image, write=_write_nifti)
"""One volume in a ``.nii`` or ``.nii.gz``; read by suffix, so that MetaImage and NRRD pass as well."""

FLAT_NIFTI = Form(read=read_image, write=_write_flat_nifti)
"""A single picture in a NIfTI file of two axes."""
