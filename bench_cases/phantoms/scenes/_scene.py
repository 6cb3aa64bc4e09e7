"""The record a scene is, and the classes of matter it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Field = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """Pictures and organs on one grid.

    Arrays are (Z, Y, X): row 0 is anterior, column 0 the patient's right, slice 0 the lowest; radiographs and
    ultrasounds lie as they are looked at.

    Attributes
    ----------
    contrasts
        Name of a contrast to its picture, float32 in the units of the modality (HU, SUV, arbitrary in MR, 0..255).
    organs
        Name of an organ to where it is; organs may lie in each other.
    """

    contrasts: Mapping[str, Field]
    organs: Mapping[str, Mask]
    spacing_zyx_mm: tuple[float, float, float]
