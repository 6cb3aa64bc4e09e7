"""Below the diaphragm: liver, spleen, stomach with its gas, kidneys, bowel."""

import numpy as np
import numpy.typing as npt

from bench_cases.phantoms._frame import Frame, ellipsoid
from bench_cases.phantoms._noise import Field, smooth_noise
from bench_cases.phantoms._subject import Subject
from bench_cases.phantoms._tissues import Tissue


def paint_abdomen(
    tissues: npt.NDArray[np.uint8],
    subject: Subject,
    frame: Frame,
    rng: np.random.Generator,
    *,
    cage: Field,
    dome_mm: Field,
) -> None:
    """Paint the organs under ``dome_mm`` (1, Y, X) and inside the rib cage (``cage < 1``), in place."""
    s = subject.half_width_mm / 165
    wobble = smooth_noise(rng, frame.shape_zyx, frame.cells(55))
    detail = smooth_noise(rng, frame.shape_zyx, frame.cells(24))
    rough = 0.2 * wobble + 0.07 * detail
    free = (frame.z < dome_mm) & (cage < 0.97) & (tissues == Tissue.FAT)
    tissues[free & (frame.z > dome_mm - 4) & (cage < 0.97)] = Tissue.MUSCLE
    free &= frame.z < dome_mm - 4
    bowel = free & (detail > 0.1) & (frame.z < -30)
    tissues[bowel] = Tissue.BOWEL
    tissues[bowel & (detail > 1.5) & (frame.y < 10)] = Tissue.GAS

    left_top = subject.left_dome_mm
    stomach = ellipsoid(
        frame,
        (s * rng.uniform(35, 62), s * rng.uniform(-40, -12), left_top - rng.uniform(30, 55)),
        (s * rng.uniform(32, 50), s * rng.uniform(28, 45), rng.uniform(32, 52)),
        rng.uniform(-0.5, 0.5),
    )
    inside = free & (stomach + rough < 1)
    tissues[inside] = Tissue.STOMACH
    tissues[inside & (frame.y < s * rng.uniform(-60, -15))] = Tissue.GAS

    for side in (-1, 1):
        centre = (s * side * rng.uniform(48, 60), s * rng.uniform(36, 50), -rng.uniform(90, 125))
        kidney = ellipsoid(frame, centre, (s * rng.uniform(22, 29), s * rng.uniform(21, 28), rng.uniform(42, 58)))
        tissues[free & (kidney + 0.6 * rough < 1)] = Tissue.KIDNEY

    k = subject.spleen_scale
    spleen = ellipsoid(
        frame,
        (s * rng.uniform(84, 100), s * rng.uniform(22, 48), left_top - rng.uniform(28, 50)),
        (s * k * rng.uniform(25, 37), s * k * rng.uniform(42, 58), k * rng.uniform(38, 55)),
        rng.uniform(0.1, 0.8),
    )
    hilum = ellipsoid(frame, (s * 58, s * 22, left_top - 45), (s * 20, s * 24, 60))
    tissues[free & (spleen + rough < 1) & (hilum > 1)] = Tissue.SPLEEN

    k = s * subject.liver_scale
    right = ellipsoid(frame, (-k * 68, s * rng.uniform(-8, 6), -52), (k * 78, k * 84, rng.uniform(66, 95)))
    left = ellipsoid(
        frame,
        (k * rng.uniform(-15, 20), -k * rng.uniform(34, 50), -rng.uniform(24, 40)),
        (k * rng.uniform(50, 78), k * rng.uniform(26, 42), rng.uniform(26, 40)),
        rng.uniform(-0.3, 0.3),
    )
    tissues[free & (np.minimum(right, left) + rough < 1) & (tissues != Tissue.SPLEEN)] = Tissue.LIVER
