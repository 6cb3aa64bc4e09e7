"""The vocabulary of a phantom: what each voxel is made of, and which organ an annotator would call it."""

from enum import IntEnum

import numpy as np
import numpy.typing as npt


class Organ(IntEnum):
    """Exclusive organ labels; the lungs carry the ids of COVID-19-CT-Seg's ``Lung_Mask``."""

    BACKGROUND = 0
    LEFT_LUNG = 1
    RIGHT_LUNG = 2
    HEART = 3
    SPLEEN = 4
    LIVER = 5
    KIDNEYS = 6
    STOMACH = 7
    AORTA = 8
    SPINE = 9


class Tissue(IntEnum):
    """What a voxel is made of; finer than `Organ`, it decides the Hounsfield units."""

    AIR = 0
    TABLE = 1
    FAT = 2
    MUSCLE = 3
    BONE = 4
    MARROW = 5
    DISC = 6
    MEDIASTINUM = 7
    HEART = 8
    MYOCARDIUM = 9
    AORTA = 10
    LIVER = 11
    SPLEEN = 12
    KIDNEY = 13
    STOMACH = 14
    GAS = 15
    BOWEL = 16
    EFFUSION = 17
    TRACHEA = 18
    LEFT_LUNG = 19
    RIGHT_LUNG = 20
    LEFT_VESSEL = 21
    RIGHT_VESSEL = 22
    CABLE = 23


NO_BODY = (Tissue.AIR, Tissue.TABLE, Tissue.CABLE)
"""What a scanner's crop may cut off."""

_ORGAN_OF = {
    Tissue.LEFT_LUNG: Organ.LEFT_LUNG,
    Tissue.LEFT_VESSEL: Organ.LEFT_LUNG,
    Tissue.RIGHT_LUNG: Organ.RIGHT_LUNG,
    Tissue.RIGHT_VESSEL: Organ.RIGHT_LUNG,
    Tissue.HEART: Organ.HEART,
    Tissue.MYOCARDIUM: Organ.HEART,
    Tissue.SPLEEN: Organ.SPLEEN,
    Tissue.LIVER: Organ.LIVER,
    Tissue.KIDNEY: Organ.KIDNEYS,
    Tissue.STOMACH: Organ.STOMACH,
    Tissue.AORTA: Organ.AORTA,
    Tissue.BONE: Organ.BACKGROUND,
    Tissue.MARROW: Organ.SPINE,
    Tissue.DISC: Organ.SPINE,
}


def organs_of(tissues: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Translate a tissue map into the organ map an annotator would draw."""
    table = np.zeros(len(Tissue), np.uint8)
    for tissue, organ in _ORGAN_OF.items():
        table[tissue] = organ
    return table[tissues]
