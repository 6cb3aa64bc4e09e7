"""Above the diaphragm: mediastinum, heart, aorta, lungs with their vessels, airways, effusion."""

import numpy as np
import numpy.typing as npt

from bench_cases.phantoms._frame import Frame, ellipse, ellipsoid, rounded
from bench_cases.phantoms._noise import Field, smooth_noise
from bench_cases.phantoms._subject import Subject
from bench_cases.phantoms._tissues import Tissue

Tissues = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]


def paint_chest(
    tissues: Tissues,
    subject: Subject,
    frame: Frame,
    rng: np.random.Generator,
    *,
    cage: Field,
    domes_mm: tuple[Field, Field, Field],
) -> None:
    """Paint everything over the diaphragm domes (right, left, centre), in place."""
    right_dome, left_dome, centre_dome = domes_mm
    heart, blood = _heart(subject, frame, rng)
    heart &= (frame.z > centre_dome) & (cage < 0.98)
    core = _mediastinum(subject, frame, rng)
    lungs = _lungs(subject, frame, rng, cage)
    solid = heart | core | (tissues == Tissue.BONE) | (tissues == Tissue.MARROW) | (tissues == Tissue.DISC)
    left = lungs[1] & (frame.z > left_dome) & ~solid
    right = lungs[0] & (frame.z > right_dome) & ~solid & ~left
    chest = (cage < 0.98) & (frame.z > np.maximum(centre_dome, -20))
    tissues[chest & core & (tissues == Tissue.FAT)] = Tissue.MEDIASTINUM
    tissues[heart] = Tissue.MYOCARDIUM
    tissues[heart & blood] = Tissue.HEART
    _paint_aorta(tissues, subject, frame, rng)
    # Around the apices the cage is filled by muscle, not by fat.
    tissues[(cage < 1) & (tissues == Tissue.FAT) & (frame.z > 0.5 * subject.apex_mm)] = Tissue.MUSCLE
    tissues[left] = Tissue.LEFT_LUNG
    tissues[right] = Tissue.RIGHT_LUNG
    _paint_effusion(tissues, subject, frame, left, right)
    _paint_vessels(tissues, frame, rng)
    _paint_airways(tissues, subject, frame, rng)


def _heart(subject: Subject, frame: Frame, rng: np.random.Generator) -> tuple[Mask, Mask]:
    s = subject.half_width_mm / 165 * subject.heart_scale
    wobble = smooth_noise(rng, frame.shape_zyx, frame.cells(60))
    centre = (s * rng.uniform(12, 30), -s * rng.uniform(18, 34), rng.uniform(22, 42))
    radii = (s * rng.uniform(52, 66), s * rng.uniform(40, 52), s * rng.uniform(44, 60))
    body = ellipsoid(frame, centre, radii, subject.heart_tilt) + 0.12 * wobble
    return body < 1, (body < 0.68) & (wobble < 0.9)


def _mediastinum(subject: Subject, frame: Frame, rng: np.random.Generator) -> Mask:
    """Great vessels, hila, and the thin partitions between the lungs in front of and behind them."""
    m = subject.mediastinum_mm
    wobble = smooth_noise(rng, frame.shape_zyx, frame.cells(40))
    detail = smooth_noise(rng, frame.shape_zyx, frame.cells(16))
    rough = 0.2 * wobble + 0.1 * detail
    deep = subject.half_depth_mm / 110
    vessels = ellipse(frame, (3, -8 * deep), (m * 1.25, 40 * deep)) + np.float32(0) * frame.z
    thin = np.abs(frame.x) / (rng.uniform(4, 11) + 2 * wobble)
    behind = ellipse(frame, (0, 58 * deep), (26, 36 * deep)) + np.float32(0) * frame.z
    core = (np.minimum(vessels, behind) + rough < 1) | (thin < 1)
    hilum_z = subject.apex_mm * rng.uniform(0.36, 0.5)
    for side in (-1, 1):
        centre = (side * (m + rng.uniform(6, 16)), rng.uniform(-4, 14), hilum_z + rng.uniform(-10, 10))
        hilum = ellipsoid(frame, centre, (rng.uniform(12, 22), rng.uniform(12, 20), rng.uniform(16, 32)))
        core |= hilum + 3 * rough < 1
    out: Mask = core
    return out


def _lungs(subject: Subject, frame: Frame, rng: np.random.Generator, cage: Field) -> tuple[Mask, Mask]:
    """Right and left pleural space before the diaphragm, the heart and the mediastinum are taken out."""
    inner = subject.fat_mm + subject.wall_mm
    width, depth = subject.half_width_mm - inner, subject.half_depth_mm - inner
    knee = subject.apex_mm * rng.uniform(0.2, 0.4)
    out = []
    for side in (-1, 1):
        apex = subject.apex_mm - rng.uniform(0, 14)
        rise = np.clip((frame.z - knee) / (apex - knee), 0, None)
        taper = np.sqrt(np.clip(1 - rise ** rng.uniform(1.8, 3.0), 0, 1))
        gap = rng.uniform(1, 6)
        rx = (width - gap) / 2 * np.maximum(taper, 1e-3)
        ry = (depth + 2) * np.maximum(taper, 1e-3)
        centre_x = side * (gap + (width - gap) / 2 * (0.42 + 0.58 * np.maximum(taper, 0.35)))
        centre_y = -2 + 14 * (1 - taper)
        wobble = smooth_noise(rng, frame.shape_zyx, frame.cells(48))
        detail = smooth_noise(rng, frame.shape_zyx, frame.cells(15))
        # The recess narrows towards the lowest point of the lung instead of ending in a step.
        sink = np.clip((-0.35 * subject.dome_height_mm - frame.z) / (0.7 * subject.dome_height_mm), 0, None)
        edge = rounded(frame, centre_x, centre_y, rx, ry) + 0.1 * wobble + 0.045 * detail + sink * sink * 0.9
        out.append((edge < 1) & (cage < 1.0) & (frame.z < apex) & (taper > 0) & (sink < 1))
    return out[0], out[1]


def _paint_aorta(tissues: Tissues, subject: Subject, frame: Frame, rng: np.random.Generator) -> None:
    radius, x = rng.uniform(9, 14), rng.uniform(12, 24)
    depth = (subject.half_depth_mm - subject.fat_mm) * 0.62 - rng.uniform(10, 20)
    arch_z = subject.apex_mm * rng.uniform(0.62, 0.75)
    down = ellipse(frame, (x, depth), (radius, radius)) + np.float32(0) * frame.z
    tissues[(down < 1) & (frame.z < arch_z)] = Tissue.AORTA
    up = ellipse(frame, (-x, -20), (radius * 1.2, radius * 1.2)) + np.float32(0) * frame.z
    tissues[(up < 1) & (frame.z < arch_z) & (frame.z > 50) & (tissues == Tissue.MEDIASTINUM)] = Tissue.AORTA
    arch = (np.abs(frame.z - arch_z) < radius) & (np.abs(frame.x + (frame.y - 10) * -0.5) < radius)
    tissues[arch & (frame.y > -30) & (frame.y < depth) & (tissues == Tissue.MEDIASTINUM)] = Tissue.AORTA


def _paint_effusion(tissues: Tissues, subject: Subject, frame: Frame, left: Mask, right: Mask) -> None:
    """Fluid settles at the back of the pleural space; it is not lung."""
    for lung, level in ((left, subject.effusion_left), (right, subject.effusion_right)):
        fluid = lung & (frame.y > level * subject.half_depth_mm) & (frame.z < subject.apex_mm * 0.6)
        tissues[fluid] = Tissue.EFFUSION


def _paint_vessels(tissues: Tissues, frame: Frame, rng: np.random.Generator) -> None:
    """Tubes {n1^2 + n2^2 < r^2} of two smooth fields, thicker towards the hila."""
    reach = np.square(frame.x / 110) + np.square((frame.y - 5) / 80)
    for size_mm, radius in ((38, 0.26), (24, 0.25), (15, 0.22)):
        n1 = smooth_noise(rng, frame.shape_zyx, frame.cells(size_mm))
        n2 = smooth_noise(rng, frame.shape_zyx, frame.cells(size_mm))
        tube = n1 * n1 + n2 * n2 < np.square(radius * np.clip(1.25 - reach, 0.25, 1))
        tissues[tube & (tissues == Tissue.LEFT_LUNG)] = Tissue.LEFT_VESSEL
        tissues[tube & (tissues == Tissue.RIGHT_LUNG)] = Tissue.RIGHT_VESSEL


def _paint_airways(tissues: Tissues, subject: Subject, frame: Frame, rng: np.random.Generator) -> None:
    """Trachea and main bronchi: air that is not lung."""
    carina = subject.apex_mm * rng.uniform(0.46, 0.58)
    radius, x0, y0 = rng.uniform(7, 11), rng.uniform(-4, 4), rng.uniform(0, 14)
    below = np.clip(carina - frame.z, 0, None)
    lung = (tissues >= Tissue.LEFT_LUNG) & (tissues <= Tissue.RIGHT_VESSEL)
    for side in (-1, 1):
        r = np.where(below > 0, radius * 0.72, radius)
        tube = ellipse(frame, (x0 + side * below * rng.uniform(0.7, 1.2), y0 + 0.15 * below), (r, r))
        reach = below < rng.uniform(25, 45)
        wall = reach & (tube < 1.7) & ~lung & (tissues != Tissue.AIR) & (tissues != Tissue.TABLE)
        tissues[wall & (tissues != Tissue.TRACHEA)] = Tissue.MEDIASTINUM
        tissues[reach & (tube < 1) & ~lung & (tissues != Tissue.AIR)] = Tissue.TRACHEA
