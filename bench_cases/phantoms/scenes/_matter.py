"""What a voxel of a torso can be made of besides the thorax phantom's tissues, and what each gives in each contrast."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from bench_cases.phantoms._hounsfield import draw_values
from bench_cases.phantoms._subject import Subject
from bench_cases.phantoms._tissues import Tissue
from bench_cases.phantoms.scenes._scene import Field


class Matter(IntEnum):
    """Numbers go on after those of `Tissue`."""

    GALLBLADDER = 32
    OESOPHAGUS = 33
    VENA_CAVA = 34
    PANCREAS = 35
    PANCREAS_TUMOUR = 36
    ADRENAL = 37
    DUODENUM = 38
    BLADDER = 39
    PERIPHERAL_ZONE = 40
    TRANSITION_ZONE = 41
    COLON = 42
    COLON_TUMOUR = 43
    LIVER_TUMOUR = 44
    HEPATIC_VESSEL = 45
    LUNG_TUMOUR = 46
    LEFT_ATRIUM = 47
    FEMUR = 48
    ILIUM = 49
    HOT_SPOT = 50


SIZE = 64

_HU = {
    Matter.GALLBLADDER: 8,
    Matter.OESOPHAGUS: 32,
    Matter.VENA_CAVA: 120,
    Matter.PANCREAS: 92,
    Matter.PANCREAS_TUMOUR: 48,
    Matter.ADRENAL: 70,
    Matter.DUODENUM: 30,
    Matter.BLADDER: 5,
    Matter.PERIPHERAL_ZONE: 42,
    Matter.TRANSITION_ZONE: 60,
    Matter.COLON: 20,
    Matter.COLON_TUMOUR: 85,
    Matter.LIVER_TUMOUR: 45,
    Matter.HEPATIC_VESSEL: 165,
    Matter.LUNG_TUMOUR: 35,
    Matter.LEFT_ATRIUM: 230,
    Matter.FEMUR: 520,
    Matter.ILIUM: 430,
    Matter.HOT_SPOT: 50,
}

# Signals in arbitrary units: water of T1, T2 with fat suppressed, T2 without, bright blood, diffusion (ADC), SUV.
_SIGNALS: dict[int, tuple[float, float, float, float, float, float]] = {
    Tissue.FAT: (30, 130, 620, 520, 80, 0.3),
    Tissue.MUSCLE: (320, 110, 140, 230, 420, 0.7),
    Tissue.BONE: (60, 40, 40, 60, 60, 0.8),
    Tissue.MARROW: (200, 150, 330, 260, 200, 1.3),
    Tissue.DISC: (300, 320, 420, 300, 500, 0.6),
    Tissue.MEDIASTINUM: (400, 180, 350, 420, 300, 1.0),
    Tissue.HEART: (250, 60, 80, 900, 300, 1.7),
    Tissue.MYOCARDIUM: (340, 150, 180, 330, 420, 4.5),
    Tissue.AORTA: (170, 50, 60, 880, 200, 1.7),
    Tissue.LIVER: (470, 180, 220, 340, 400, 2.3),
    Tissue.SPLEEN: (320, 430, 440, 420, 330, 1.9),
    Tissue.KIDNEY: (350, 470, 500, 480, 600, 3.2),
    Tissue.STOMACH: (220, 350, 400, 300, 500, 1.2),
    Tissue.BOWEL: (290, 330, 360, 320, 450, 1.1),
    Tissue.EFFUSION: (150, 900, 950, 500, 900, 0.4),
    Tissue.LEFT_LUNG: (35, 30, 30, 40, 20, 0.4),
    Tissue.RIGHT_LUNG: (35, 30, 30, 40, 20, 0.4),
    Tissue.LEFT_VESSEL: (90, 60, 60, 600, 60, 0.8),
    Tissue.RIGHT_VESSEL: (90, 60, 60, 600, 60, 0.8),
    Matter.GALLBLADDER: (260, 950, 980, 560, 950, 0.5),
    Matter.OESOPHAGUS: (340, 220, 250, 300, 350, 1.2),
    Matter.VENA_CAVA: (160, 60, 70, 860, 200, 1.7),
    Matter.PANCREAS: (520, 230, 300, 360, 400, 1.5),
    Matter.PANCREAS_TUMOUR: (330, 330, 360, 330, 260, 4.0),
    Matter.ADRENAL: (380, 210, 230, 320, 330, 1.4),
    Matter.DUODENUM: (280, 420, 450, 340, 480, 1.2),
    Matter.BLADDER: (180, 980, 990, 620, 980, 11.0),
    Matter.PERIPHERAL_ZONE: (320, 640, 720, 430, 760, 1.4),
    Matter.TRANSITION_ZONE: (330, 330, 340, 360, 470, 1.6),
    Matter.COLON: (260, 250, 280, 280, 420, 1.2),
    Matter.COLON_TUMOUR: (340, 360, 380, 330, 260, 7.0),
    Matter.LIVER_TUMOUR: (320, 380, 420, 380, 260, 6.0),
    Matter.HEPATIC_VESSEL: (240, 80, 90, 820, 250, 1.7),
    Matter.LUNG_TUMOUR: (330, 350, 380, 340, 260, 8.0),
    Matter.LEFT_ATRIUM: (250, 60, 80, 930, 300, 1.7),
    Matter.FEMUR: (150, 90, 320, 240, 150, 0.7),
    Matter.ILIUM: (150, 90, 300, 240, 150, 0.9),
    Matter.HOT_SPOT: (330, 380, 420, 340, 260, 9.0),
}
_COLUMNS = {"t1_water": 0, "t2_fatsat": 1, "t2": 2, "cine": 3, "adc": 4, "suv": 5}
FAT_SIGNAL = {Tissue.FAT: 850.0, Tissue.MARROW: 380.0, Tissue.LIVER: 25.0, Matter.FEMUR: 420.0, Matter.ILIUM: 400.0}
"""Fat's part of the T1 signal: added to water's in phase, taken from it out of phase (Dixon 1984)."""


def hounsfield_of(subject: Subject, rng: np.random.Generator) -> Field:
    """Draw the HU of each kind of matter for one person."""
    table = np.full(SIZE, -1000, np.float32)
    table[: len(Tissue)] = draw_values(subject, rng)
    for matter, value in _HU.items():
        table[matter] = value + rng.uniform(-6, 6)
    return table


def signal_of(column: str) -> Field:
    """Look up one of the signals above for each kind of matter."""
    table = np.zeros(SIZE, np.float32)
    for matter, signals in _SIGNALS.items():
        table[matter] = signals[_COLUMNS[column]]
    return table


def fat_signal() -> Field:
    """Look up fat's part of the T1 signal."""
    table = np.zeros(SIZE, np.float32)
    for matter, value in FAT_SIGNAL.items():
        table[matter] = value
    return table
