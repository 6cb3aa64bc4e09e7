"""Where everything is: paints the tissue map of one subject, from the skin inwards."""

import numpy as np
import numpy.typing as npt

from bench_cases.phantoms._abdomen import paint_abdomen
from bench_cases.phantoms._chest import paint_chest
from bench_cases.phantoms._frame import Frame, ellipse, rounded
from bench_cases.phantoms._noise import Field, smooth_noise
from bench_cases.phantoms._subject import Subject
from bench_cases.phantoms._tissues import Tissue

Tissues = npt.NDArray[np.uint8]


def paint(subject: Subject, frame: Frame, rng: np.random.Generator) -> Tissues:
    """Return the (Z, Y, X) map of `Tissue` ids."""
    tissues: Tissues = np.zeros(frame.shape_zyx, np.uint8)
    wobble = smooth_noise(rng, frame.shape_zyx, frame.cells(90))
    _paint_table(tissues, subject, frame, rng)
    half_width, half_depth = _outline(subject, frame)
    skin = rounded(frame, 0, 0, half_width, half_depth) + 0.05 * wobble
    flesh = rounded(frame, 0, 0, half_width - subject.fat_mm, half_depth - subject.fat_mm) + 0.05 * wobble
    tissues[skin < 1] = Tissue.FAT
    tissues[flesh < 1] = Tissue.MUSCLE
    _paint_arms(tissues, subject, frame, rng)
    # Fat planes between the muscles of the wall and the shoulders.
    planes = np.abs(smooth_noise(rng, frame.shape_zyx, frame.cells(28))) < 0.16
    tissues[planes & (tissues == Tissue.MUSCLE)] = Tissue.FAT
    inner = subject.fat_mm + subject.wall_mm
    # The cage closes over the apices; below them it is as wide as the wall allows.
    rise = np.clip((frame.z - 0.3 * subject.apex_mm) / (0.8 * subject.apex_mm), 0, 1)
    close = np.sqrt(1 - 0.97 * rise**2.6).astype(np.float32)
    cage_width, cage_depth = (subject.half_width_mm - inner) * close, (subject.half_depth_mm - inner) * close
    cage = rounded(frame, 0, -4 + 12 * (1 - close), cage_width, cage_depth) + 0.05 * wobble
    tissues[cage < 1] = Tissue.FAT
    domes = _domes(subject, frame, rng)
    _paint_ribs(tissues, subject, frame, cage, rng)
    _paint_spine(tissues, subject, frame, rng, flesh=flesh < 0.97, half_depth_mm=half_depth)
    paint_abdomen(tissues, subject, frame, rng, cage=cage, dome_mm=np.maximum.reduce(domes))
    paint_chest(tissues, subject, frame, rng, cage=cage, domes_mm=domes)
    return tissues


def _outline(subject: Subject, frame: Frame) -> tuple[Field, Field]:
    """Half width and half depth of the skin over z: wide flat shoulders, then a neck."""
    to_top = np.clip((frame.z - (subject.apex_mm - 70)) / 80, 0, 1)
    shoulders = to_top * to_top * (3 - 2 * to_top)
    neck = np.clip((frame.z - (subject.apex_mm + 12)) / 45, 0, 1)
    waist = 0.05 * np.clip(-frame.z / 120, -0.2, 1)
    widen = 0.16 if subject.arms_down else 0.08
    half_width = subject.half_width_mm * (1 - waist + widen * shoulders) * (1 - 0.5 * neck)
    half_depth = subject.half_depth_mm * (1 - 0.22 * shoulders) * (1 - 0.12 * neck)
    return half_width.astype(np.float32), half_depth.astype(np.float32)


def _domes(subject: Subject, frame: Frame, rng: np.random.Generator) -> tuple[Field, Field, Field]:
    """Height of the diaphragm over the axial plane, (1, Y, X): right, left and centre (under the heart)."""
    shape = (1, *frame.shape_zyx[1:])
    cells = (1.0, *frame.cells(70)[1:])
    scale = subject.half_width_mm / 165

    def dome(x: float, y: float, top: float, radii: tuple[float, float], height: float) -> Field:
        bowl = ellipse(frame, (x * scale, y * scale), (radii[0] * scale, radii[1] * scale))
        out: Field = top - height * bowl + 4 * smooth_noise(rng, shape, cells)
        return out

    right = dome(-70, -14, 0.0, (74, 78), subject.dome_height_mm)
    left = dome(72, -12, subject.left_dome_mm, (72, 80), subject.dome_height_mm)
    return right, left, dome(8, -25, min(-8.0, subject.left_dome_mm), (90, 70), 45)


def _paint_table(tissues: Tissues, subject: Subject, frame: Frame, rng: np.random.Generator) -> None:
    top = subject.half_depth_mm + subject.table_gap_mm
    sag = frame.y + np.square(frame.x) * rng.uniform(-0.0002, 0.0012)
    thick = rng.uniform(2, 5)
    gap = rng.uniform(14, 40)
    inside = np.abs(frame.x) < rng.uniform(180, 240)
    shell = (np.abs(sag - top) < thick) | (np.abs(frame.y - top - gap) < thick)
    tissues[np.broadcast_to(shell & inside, tissues.shape)] = Tissue.TABLE


def _paint_arms(tissues: Tissues, subject: Subject, frame: Frame, rng: np.random.Generator) -> None:
    """Upper arms beside the chest, or the shoulder blades and collar bones of raised arms."""
    blade = np.abs(smooth_noise(rng, frame.shape_zyx, frame.cells(60)))
    high = frame.z > subject.apex_mm - 120
    outside = ellipse(frame, (0, 0), (subject.half_width_mm * 0.72, subject.half_depth_mm * 0.66))
    bone = (blade < 0.1) & high & (outside > 1) & (np.abs(frame.x) > 45) & (tissues == Tissue.MUSCLE)
    tissues[bone] = Tissue.BONE
    x = subject.half_width_mm * rng.uniform(1.0, 1.12)
    radius, depth = rng.uniform(26, 40), rng.uniform(-15, 25)
    if not subject.arms_down:
        return
    for side in (-1, 1):
        arm = ellipse(frame, (side * (x + 20), depth), (radius, radius * 1.1)) + np.float32(0) * frame.z
        tissues[(arm < 1) & (tissues == Tissue.AIR)] = Tissue.FAT
        tissues[(arm < 0.6) & (tissues != Tissue.TABLE)] = Tissue.MUSCLE
        tissues[arm < 0.1] = Tissue.BONE
        tissues[arm < 0.04] = Tissue.MARROW


def _paint_ribs(tissues: Tissues, subject: Subject, frame: Frame, cage: Field, rng: np.random.Generator) -> None:
    """Oblique stripes in the wall for ribs, and a breastbone."""
    slope, pitch, phase = rng.uniform(0.35, 0.8), rng.uniform(24, 32), rng.uniform(0, 6.28)
    wave = np.sin((frame.z + slope * frame.y) * (6.2832 / pitch) + phase)
    in_wall = (cage > 1.03) & (cage < 1.03 + 7.0 / subject.half_depth_mm * 3)
    ribs = in_wall & (wave > 0.1) & (np.abs(frame.x) > 18) & (frame.z < subject.apex_mm + 5)
    tissues[ribs] = Tissue.BONE
    tissues[ribs & (cage > 1.07) & (cage < 1.13) & (wave > 0.4)] = Tissue.MARROW
    front = -(subject.half_depth_mm - subject.fat_mm - 9)
    sternum = ellipse(frame, (0, front), (19, 6)) + np.float32(0) * frame.z
    level = (frame.z > 0) & (frame.z < subject.apex_mm - 25)
    tissues[(sternum < 1) & level] = Tissue.BONE
    tissues[(sternum < 0.55) & level] = Tissue.MARROW


def _paint_spine(
    tissues: Tissues,
    subject: Subject,
    frame: Frame,
    rng: np.random.Generator,
    *,
    flesh: npt.NDArray[np.bool_],
    half_depth_mm: Field,
) -> None:
    """Vertebral bodies and discs, the canal, and an arch that is now and then whole."""
    phase = rng.uniform(0, 6.28)
    depth = ((half_depth_mm - subject.fat_mm) * rng.uniform(0.56, 0.64)).astype(np.float32)
    body = ellipse(frame, (0, depth), (rng.uniform(17, 22), rng.uniform(14, 18)))
    arch = ellipse(frame, (0, depth + 29), (26, 12)) + 0.5 * np.sin(frame.z * (6.2832 / 29) + phase)
    canal = ellipse(frame, (0, depth + 23), (9, 8))
    tissues[flesh & (arch < 1)] = Tissue.BONE
    tissues[flesh & (canal < 1)] = Tissue.MUSCLE
    tissues[flesh & (body < 1)] = Tissue.BONE
    tissues[flesh & (body < 0.78)] = Tissue.MARROW
    disc = np.sin(frame.z * (6.2832 / 29) + phase) > 0.75
    tissues[flesh & (body < 1) & disc] = Tissue.DISC
