"""The record a phantom is."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, kw_only=True)
class Phantom:
    """One synthetic thorax CT with its reference labels.

    All arrays are (Z, Y, X) in upright radiological display: row 0 is anterior and the table is at the bottom,
    column 0 is the patient's right, slice 0 is the lowest one.

    Attributes
    ----------
    seed
        What it was generated from.
    image_zyx
        Hounsfield units, int16.
    labels_zyx
        Exclusive `Organ` ids, uint8. The lungs include their vessels and lesions, not the trachea.
    lesions_zyx
        Ground-glass and consolidation, always inside the lungs.
    tissues_zyx
        `Tissue` ids, uint8: what the contrast randomisation of the training repaints.
    spacing_zyx_mm
        Distance between voxel centres.
    """

    seed: int
    image_zyx: npt.NDArray[np.int16]
    labels_zyx: npt.NDArray[np.uint8]
    lesions_zyx: npt.NDArray[np.bool_]
    tissues_zyx: npt.NDArray[np.uint8]
    spacing_zyx_mm: tuple[float, float, float]
