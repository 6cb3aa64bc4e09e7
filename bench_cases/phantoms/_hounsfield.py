"""From tissues to Hounsfield units: a value per tissue and person, texture, partial volume, noise."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from bench_cases.phantoms._frame import Frame
from bench_cases.phantoms._noise import Field, smooth_noise
from bench_cases.phantoms._subject import Subject
from bench_cases.phantoms._tissues import Tissue


def draw_values(subject: Subject, rng: np.random.Generator) -> Field:
    """Mean HU of each tissue; a hard subject has organs that differ by little."""
    u = rng.uniform
    spread = 0.4 if subject.hard else 1.0
    contrast = rng.random() < 0.5
    lung = u(-890, -760)
    organ = 52.0
    value = {
        Tissue.AIR: -1000,
        Tissue.TABLE: u(-700, 150),
        Tissue.FAT: u(-115, -85),
        Tissue.MUSCLE: u(42, 62),
        Tissue.BONE: u(320, 750),
        Tissue.MARROW: u(110, 260),
        Tissue.DISC: u(60, 110),
        Tissue.MEDIASTINUM: u(20, 60),
        Tissue.HEART: u(110, 240) if contrast else u(36, 52),
        Tissue.MYOCARDIUM: u(70, 120) if contrast else u(42, 58),
        Tissue.AORTA: u(120, 280) if contrast else u(36, 52),
        Tissue.LIVER: organ + spread * (u(10, 60) if contrast else u(-6, 20)),
        Tissue.SPLEEN: organ + spread * (u(20, 80) if contrast else u(-10, 12)),
        Tissue.KIDNEY: organ + spread * (u(60, 140) if contrast else u(-24, -8)),
        Tissue.STOMACH: u(0, 45),
        Tissue.GAS: -980,
        Tissue.BOWEL: u(0, 60),
        Tissue.EFFUSION: u(0, 28),
        Tissue.TRACHEA: -990,
        Tissue.LEFT_LUNG: lung,
        Tissue.RIGHT_LUNG: lung + u(-12, 12),
        Tissue.LEFT_VESSEL: u(-60, 60) + 60 * contrast,
        Tissue.RIGHT_VESSEL: u(-60, 60) + 60 * contrast,
        Tissue.CABLE: 900,
    }
    return np.array([value[tissue] for tissue in Tissue], np.float32)


def render(
    tissues: npt.NDArray[np.uint8],
    lesion_hu: Field,
    subject: Subject,
    frame: Frame,
    rng: np.random.Generator,
) -> npt.NDArray[np.int16]:
    """Paint the tissue map in HU."""
    image = draw_values(subject, rng)[tissues]
    coarse = smooth_noise(rng, frame.shape_zyx, frame.cells(30))
    fine = smooth_noise(rng, frame.shape_zyx, frame.cells(7))
    body = (tissues != Tissue.AIR) & (tissues != Tissue.TRACHEA) & (tissues != Tissue.GAS)
    lung = (tissues == Tissue.LEFT_LUNG) | (tissues == Tissue.RIGHT_LUNG)
    # Blood pools at the back of a lying person: the lung is denser there.
    gradient = 45 * frame.y / subject.half_depth_mm
    image += np.where(lung, gradient + 14 * coarse + 12 * fine, np.where(body, 7 * coarse + 5 * fine, 0))
    image += np.where(lung, lesion_hu, 0)
    blur = subject.blur_px * (1.8 if subject.hard else 1.0) * frame.shape_zyx[2] / 256
    image = ndimage.gaussian_filter(image, (0, blur, blur), truncate=2.5)
    noise = rng.standard_normal(frame.shape_zyx, dtype=np.float32)
    grain = rng.uniform(0.3, 0.8)
    noise = ndimage.gaussian_filter(noise, (0, grain, grain), truncate=2.0)
    image += noise * (subject.noise_hu * (1.5 if subject.hard else 1.0) / max(float(noise.std()), 1e-6))
    return np.clip(np.rint(image), -1024, 3071).astype(np.int16)
