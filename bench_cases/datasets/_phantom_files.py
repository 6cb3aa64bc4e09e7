"""Writing a phantom to disk as COVID-19-CT-Seg lies there."""

from __future__ import annotations

import functools
import hashlib
import importlib.resources
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from bench_cases.datasets._covid_layout import BOTH, IMAGES, INFECTION, LUNGS
from bench_cases.errors import DataError

if TYPE_CHECKING:
    from bench_cases.phantoms import Phantom

ORGANS = "Phantom_Organ_Mask"
"""Folder of `bench_cases.phantoms.Organ` ids; not of the real layout."""

_LUNG_IDS = (1, 2)
_INFECTION_ID = 3
_AUTHORS_WINDOW = (-1250, 250)
"""Grey values that Radiopaedia's 0 and 255 stand for, in HU."""


@functools.cache
def generator_digest() -> str:
    """Twelve hex digits over the code that makes the files: when it changes, the cached files are not used again."""
    sha = hashlib.sha256(Path(__file__).read_bytes())
    sha.update(Path(__file__).with_name("covid19_phantoms.py").read_bytes())
    package = importlib.resources.files("bench_cases.phantoms")
    for source in sorted((item for item in package.iterdir() if item.name.endswith(".py")), key=lambda item: item.name):
        sha.update(source.name.encode())
        sha.update(source.read_bytes())
    return sha.hexdigest()[:12]


def write_phantom(
    root: Path,
    stem: str,
    *,
    subset: Literal["coronacases", "radiopaedia"],
    seed: int,
    shape_zyx: tuple[int, int, int],
) -> None:
    """Generate a phantom and write its files, unless they are there.

    Files appear under their names complete, the image last. Two processes that do this at once write the same bytes,
    so that it does not matter whose stay.

    Raises
    ------
    DataError
        When the cache cannot be written.
    """
    image_path = root / IMAGES / f"{stem}.nii.gz"
    if image_path.is_file():
        return
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=root, prefix=".writing-") as work:
            phantom = _generate(stem, seed, shape_zyx)
            for folder, array_zyx in _files(phantom, subset).items():
                fresh = Path(work) / f"{stem}.nii.gz"
                _save(array_zyx, phantom.spacing_zyx_mm, fresh)
                (root / folder).mkdir(exist_ok=True)
                fresh.replace(root / folder / fresh.name)
    except OSError as error:
        msg = (
            f"phantom {stem} cannot be written to the cache ({error.strerror}); expected a writable directory with "
            "some 20 MB of room. Set SAMBENCH_CACHE to one."
        )
        raise DataError(msg) from error


def _generate(stem: str, seed: int, shape_zyx: tuple[int, int, int]) -> Phantom:
    from bench_cases.assets import say
    from bench_cases.phantoms import generate

    say(f"Generating phantom {stem} ({' x '.join(map(str, shape_zyx))} voxels, seed {seed}) ...")
    return generate(seed, shape_zyx=shape_zyx)


def _files(phantom: Phantom, subset: str) -> dict[str, NDArray[np.generic]]:
    """Folder to array ``(Z, Y, X)`` in the order of the real files; the image last."""
    labels = phantom.labels_zyx.astype(np.uint16)
    lungs = np.where(np.isin(labels, _LUNG_IDS), labels, 0).astype(np.uint16)
    both = np.where(phantom.lesions_zyx, _INFECTION_ID, lungs).astype(np.uint16)
    image: NDArray[np.generic] = phantom.image_zyx.astype(np.int16)
    if subset == "radiopaedia":
        low, high = _AUTHORS_WINDOW
        image = ((np.clip(phantom.image_zyx, low, high).astype(np.float64) - low) / (high - low) * 255).astype(np.uint8)
    arrays: dict[str, NDArray[np.generic]] = {
        LUNGS: lungs,
        INFECTION: phantom.lesions_zyx.astype(np.uint16),
        BOTH: both,
        ORGANS: labels,
        IMAGES: image,
    }
    if subset == "coronacases":
        # Real Coronacases files run to anterior along their second axis, as their header says; phantoms are upright.
        arrays = {folder: array[:, ::-1] for folder, array in arrays.items()}
    return arrays


def _save(array_zyx: NDArray[np.generic], spacing_zyx_mm: tuple[float, float, float], path: Path) -> None:
    """Write ``(X, Y, Z)`` with an affine that claims LAS, right for Coronacases and wrong for Radiopaedia."""
    import nibabel as nib

    z, y, x = spacing_zyx_mm
    size_z, size_y, size_x = array_zyx.shape
    affine = np.diag([-x, y, z, 1.0])
    affine[:3, 3] = np.array([(size_x - 1) * x, -(size_y - 1) * y, -(size_z - 1) * z]) / 2
    image = nib.Nifti1Image(array_zyx.T, affine)
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
