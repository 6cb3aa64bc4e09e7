"""Paints what the thorax phantom leaves out: small organs of the abdomen, the pelvis, and tumours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bench_cases.phantoms._frame import Frame, ellipse, ellipsoid
from bench_cases.phantoms._noise import smooth_noise
from bench_cases.phantoms._subject import Subject
from bench_cases.phantoms._tissues import Tissue
from bench_cases.phantoms.scenes._matter import Matter
from bench_cases.phantoms.scenes._scene import Mask

Classes = npt.NDArray[np.uint8]
SOFT = (Tissue.FAT, Tissue.BOWEL, Tissue.GAS)


def paint_organs(classes: Classes, subject: Subject, frame: Frame, rng: np.random.Generator) -> None:
    """Paint in place, deep organs first."""
    s = subject.half_width_mm / 165
    rough = 0.14 * smooth_noise(rng, frame.shape_zyx, frame.cells(22))

    def put(where: Mask, matter: int, over: tuple[int, ...] = SOFT) -> None:
        classes[where & np.isin(classes, over)] = matter

    tall = np.float32(0) * frame.z
    for side in (-1, 1):
        x, y = side * s * rng.uniform(92, 100), s * rng.uniform(2, 14)
        tube = ellipse(frame, (x, y), (s * 19, s * 20)) + tall + rough
        below = (frame.z < -70) & (frame.z > -250)
        put((tube < 1) & below, Matter.COLON)
        air = (tube < 0.5) & below & (frame.y < y - 3) & (classes == Matter.COLON)
        classes[air] = Tissue.GAS
    lump = ellipsoid(frame, (s * 82, s * 8, -rng.uniform(105, 135)), (s * 17, s * 17, 20)) + rough
    put(lump < 1, Matter.COLON_TUMOUR, (*SOFT, Matter.COLON))

    put(
        (ellipse(frame, (3, s * 26), (7, 6)) < 1) & (frame.z > -35),
        Matter.OESOPHAGUS,
        (*SOFT, Tissue.MEDIASTINUM, Tissue.MUSCLE, Tissue.HEART, Tissue.MYOCARDIUM, Tissue.LIVER),
    )
    cava = ellipse(frame, (-s * 17, s * 32), (10, 8)) + tall
    put((cava < 1) & (frame.z < 25) & (frame.z > -260), Matter.VENA_CAVA, (*SOFT, Tissue.LIVER, Tissue.MUSCLE))
    aorta = ellipse(frame, (s * 13, s * 36), (9, 9)) + tall
    put((aorta < 1) & (frame.z < 0) & (frame.z > -260), Tissue.AORTA, (*SOFT, Tissue.MUSCLE))

    ridge_y = s * (4 + 12 * np.sin((frame.x / s + 30) / 45))
    ridge_z = -92 + 0.22 * frame.x / s
    along = (frame.x > -s * 30) & (frame.x < s * 62)
    body = np.square((frame.y - ridge_y) / (s * 11)) + np.square((frame.z - ridge_z) / 17) + rough
    put((body < 1) & along, Matter.PANCREAS, (*SOFT, Tissue.STOMACH, Tissue.LIVER))
    ring = np.hypot(frame.x / s + 30, (frame.z + 102) * 0.9) - 25
    loop = np.square(ring / 10) + np.square((frame.y - s * 2) / (s * 12)) + rough
    put((loop < 1) & (frame.x < -s * 26), Matter.DUODENUM)
    paint_lumps(
        classes, frame, rng, inside=(Matter.PANCREAS,), matter=Matter.PANCREAS_TUMOUR, number=1, radius_mm=(9, 13)
    )
    sac = ellipsoid(frame, (-s * 48, -s * rng.uniform(18, 30), -86), (s * 14, s * 17, 24), 0.3)
    put(sac < 1, Matter.GALLBLADDER, (*SOFT, Tissue.LIVER, Matter.DUODENUM))
    for side in (-1, 1):
        gland = ellipsoid(frame, (side * s * 34, s * 31, -70), (s * 11, s * 5, 13), side * 0.5)
        put(gland < 1, Matter.ADRENAL, (*SOFT, Tissue.MUSCLE, Tissue.LIVER, Tissue.KIDNEY))


def paint_pelvis(classes: Classes, subject: Subject, frame: Frame, rng: np.random.Generator) -> None:
    """Paint hip bones, thigh bones, bladder and prostate, in place; ribs end above them."""
    s = subject.half_width_mm / 165
    low = frame.z < -165
    wall = low & np.isin(classes, (Tissue.BONE, Tissue.MARROW)) & (np.abs(frame.x) > 32)
    classes[wall] = Tissue.MUSCLE
    thin = 0.25 * smooth_noise(rng, frame.shape_zyx, frame.cells(60))
    inner = (frame.z < -295 + 80 * thin) & np.isin(classes, (Tissue.BOWEL, Tissue.GAS))
    classes[inner] = Tissue.FAT
    sacrum = (frame.z < -345) & np.isin(classes, (Tissue.BONE, Tissue.MARROW, Tissue.DISC))
    classes[sacrum] = Tissue.MUSCLE
    for side in (-1, 1):
        # A blade that faces forward and inward, from the sacrum to the front of the hip.
        out, back = side * frame.x - s * 78, frame.y - s * 12
        across, along = 0.757 * out + 0.655 * back, 0.655 * out - 0.757 * back
        fan = np.square(along / (s * 56)) + np.square((frame.z + 292) / 76) + 0.3 * thin
        classes[(np.abs(across + 10 * thin) < s * 7) & (fan < 1)] = Matter.ILIUM
        socket = ellipsoid(frame, (side * s * 96, s * 2, -385), (s * 33, s * 33, 33))
        classes[(socket < 1) & (side * frame.x < s * 104) & (frame.z > -402)] = Matter.ILIUM
        pubis = ellipsoid(frame, (side * s * 38, -s * 30, -412), (s * 46, s * 12, 11), -side * 0.35)
        classes[pubis < 1] = Matter.ILIUM
        head = ellipsoid(frame, (side * s * 98, s * 2, -390), (s * 24, s * 24, 24))
        t = np.clip((-frame.z - 392) / 45, 0, 1)
        neck = np.square((frame.x - side * s * (98 + 30 * t)) / (s * 14)) + np.square((frame.y - s * 2) / (s * 14))
        shaft = np.square((frame.x - side * s * 126) / (s * 17)) + np.square((frame.y - s * 4) / (s * 17))
        knob = ellipsoid(frame, (side * s * 132, s * 4, -415), (s * 20, s * 18, 26))
        thigh = (
            (head < 1)
            | ((neck < 1) & (frame.z < -392) & (frame.z > -440))
            | (knob < 1)
            | ((shaft < 1) & (frame.z < -428))
        )
        # Thighs widen out of the trunk instead of starting with a step.
        wide = (np.clip((-frame.z - 300) / 130, 0.05, 1) ** 0.7).astype(np.float32)
        flesh = ellipse(frame, (side * s * (84 + 28 * wide), 0), (s * 64 * wide, s * 80 * wide))
        classes[(flesh < 1) & (frame.z < -300) & (classes == Tissue.AIR)] = Tissue.FAT
        classes[(flesh < 0.72) & (frame.z < -350) & np.isin(classes, (Tissue.FAT, Tissue.AIR))] = Tissue.MUSCLE
        classes[thigh] = Matter.FEMUR
    bladder = ellipsoid(frame, (0, -s * 20, -350), (s * rng.uniform(34, 44), s * 30, rng.uniform(26, 34)))
    classes[(bladder < 1) & (classes != Matter.ILIUM)] = Matter.BLADDER
    rectum = ellipse(frame, (0, s * 46), (s * 15, s * 13)) + np.float32(0) * frame.z
    classes[(rectum < 1) & (frame.z < -310)] = Tissue.BOWEL
    classes[(rectum < 0.35) & (frame.z < -330)] = Tissue.GAS
    gland = ellipsoid(frame, (0, s * 12, -398), (s * 25, s * 19, 21)) + 0.2 * thin
    classes[gland < 1] = Matter.PERIPHERAL_ZONE
    centre = ellipsoid(frame, (0, s * 7, -394), (s * 18, s * 12, 17)) + 0.2 * thin
    classes[(centre < 1) & (gland < 1)] = Matter.TRANSITION_ZONE


def paint_left_atrium(classes: Classes, subject: Subject, frame: Frame) -> None:
    """Paint the left atrium at the back and the top of the heart."""
    s = subject.half_width_mm / 165
    chamber = ellipsoid(frame, (s * 8, -s * 1, 52), (s * 32, s * 20, 24))
    over = (Tissue.HEART, Tissue.MYOCARDIUM, Tissue.MEDIASTINUM)
    classes[(chamber < 1) & np.isin(classes, over)] = Matter.LEFT_ATRIUM


def paint_lumps(
    classes: Classes,
    frame: Frame,
    rng: np.random.Generator,
    *,
    inside: tuple[int, ...],
    matter: Matter,
    number: int,
    radius_mm: tuple[float, float],
) -> None:
    """Paint round tumours whose centres lie in some matter, in place; they stay inside it."""
    host = np.isin(classes, inside)
    where = np.argwhere(host)
    rough = 0.2 * smooth_noise(rng, frame.shape_zyx, frame.cells(14))
    for _ in range(number if len(where) else 0):
        k, j, i = where[rng.integers(len(where))]
        radius = rng.uniform(*radius_mm)
        centre = (float(frame.x[0, j, i]), float(frame.y[0, j, i]), float(frame.z[k, 0, 0]))
        ball = ellipsoid(frame, centre, (radius, radius * rng.uniform(0.8, 1.2), max(radius, frame.spacing_zyx_mm[0])))
        classes[host & (ball + rough < 1)] = matter


def paint_hepatic_vessels(classes: Classes, frame: Frame, rng: np.random.Generator) -> None:
    """Paint tubes in the liver: where two smooth fields are both near nought."""
    shape = frame.shape_zyx
    a, b = (smooth_noise(rng, shape, frame.cells(48)) for _ in range(2))
    classes[(a * a + b * b < 0.08) & (classes == Tissue.LIVER)] = Matter.HEPATIC_VESSEL
