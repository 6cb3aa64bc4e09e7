"""What is measured: held-out phantoms and real scans, prepared as the benchmark prepares its slices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench_cases.phantoms import Organ, generate

LUNG_WINDOW_HU = (-1400.0, 100.0)
TARGETS = {
    "lungs": (Organ.LEFT_LUNG, Organ.RIGHT_LUNG),
    "left_lung": (Organ.LEFT_LUNG,),
    "right_lung": (Organ.RIGHT_LUNG,),
    "heart": (Organ.HEART,),
    "spleen": (Organ.SPLEEN,),
    "liver": (Organ.LIVER,),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One volume and one target.

    Attributes
    ----------
    grey_zyx
        uint8, each slice from its own minimum to its own maximum.
    labels_zyx
        0 where the target is not; its parts have ids of their own.
    """

    grey_zyx: NDArray[np.uint8]
    labels_zyx: NDArray[np.uint8]

    @property
    def mask_zyx(self) -> NDArray[np.bool_]:
        """The union of the parts."""
        return self.labels_zyx > 0

    def every(self, step: int) -> Subject:
        """Return every ``step``-th of the slices that show the target, as a smaller subject."""
        keep = np.flatnonzero(self.mask_zyx.any(axis=(1, 2)))[::step]
        return Subject(grey_zyx=self.grey_zyx[keep], labels_zyx=self.labels_zyx[keep])

    def parts(self, z: int) -> list[NDArray[np.bool_]]:
        """Return the masks of the labels that slice ``z`` shows."""
        labels = self.labels_zyx[z]
        return [labels == label for label in np.unique(labels) if label]


def prepare(image_zyx: NDArray[Any], window_hu: tuple[float, float] | None) -> NDArray[np.uint8]:
    """Clip to the window and stretch each slice to 0..255, truncated; a constant slice becomes zeros.

    >>> prepare(np.array([[[-2000.0, -650.0, 300.0]], [[5.0, 5.0, 5.0]]]), (-1400, 100)).tolist()
    [[[0, 127, 255]], [[0, 0, 0]]]
    """
    grey = np.asarray(image_zyx, np.float64)
    if window_hu is not None:
        grey = np.clip(grey, *window_hu)
    low = grey.min(axis=(1, 2), keepdims=True)
    span = grey.max(axis=(1, 2), keepdims=True) - low
    out: NDArray[np.uint8] = ((grey - low) / np.where(span > 0, span, 1) * 255).astype(np.uint8)
    return out


def subjects_of(seed: int, shape_zyx: tuple[int, int, int]) -> dict[str, Subject]:
    """Return one held-out phantom in the lung window with each of its targets."""
    phantom = generate(seed, shape_zyx=shape_zyx)
    grey = prepare(phantom.image_zyx, LUNG_WINDOW_HU)
    out = {}
    for name, organs in TARGETS.items():
        keep = np.isin(phantom.labels_zyx, [int(o) for o in organs])
        out[name] = Subject(grey_zyx=grey, labels_zyx=np.where(keep, phantom.labels_zyx, 0).astype(np.uint8))
    return out


def lung_subject(seed: int, shape_zyx: tuple[int, int, int]) -> Subject:
    """Return the lungs of one held-out phantom."""
    return subjects_of(seed, shape_zyx)["lungs"]


def read_folder(folder: Path, *, threshold: float, label: int | None, window: bool) -> Subject:
    """Read ``image`` and ``mask`` of a folder: NIfTI volumes, or one picture."""
    image, mask = _array(folder, "image"), _array(folder, "mask")
    target = mask == label if label is not None else mask > threshold
    grey = prepare(image, LUNG_WINDOW_HU if window else None)
    return Subject(grey_zyx=grey, labels_zyx=target.astype(np.uint8))


def _array(folder: Path, stem: str) -> NDArray[Any]:
    path = next(p for p in sorted(folder.iterdir()) if p.name.startswith(stem))
    if path.name.endswith((".nii", ".nii.gz")):
        import nibabel as nib

        volume: NDArray[Any] = np.asarray(nib.load(path).dataobj).T
        return volume
    from PIL import Image

    return np.asarray(Image.open(path).convert("L"))[None]
