"""One random person: pose, size and the numbers that shape their anatomy."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Millimetres in the body frame: x to the patient's left, y to the back, z to the head; z = 0 is the right dome.

    The ranges are of an adult, from textbook proportions; nothing was fitted to any scan.
    """

    half_width_mm: float
    half_depth_mm: float
    fat_mm: float
    wall_mm: float
    apex_mm: float
    left_dome_mm: float
    dome_height_mm: float
    heart_scale: float
    heart_tilt: float
    liver_scale: float
    spleen_scale: float
    mediastinum_mm: float
    effusion_left: float
    effusion_right: float
    arms_down: bool
    hard: bool
    angle_rad: float
    shift_x: float
    shift_y: float
    zoom: float
    floor_mm: float
    ceiling_mm: float
    table_gap_mm: float
    lesion_load: float
    noise_hu: float
    blur_px: float


def draw_subject(rng: np.random.Generator) -> Subject:
    """Draw a person; the number of draws is fixed, so that every later field of the phantom stays aligned."""
    u = rng.uniform
    size = u(0.88, 1.1)
    apex = size * u(155, 235)
    dome_height = u(55, 105)
    return Subject(
        half_width_mm=size * u(142, 188),
        half_depth_mm=size * u(94, 128),
        fat_mm=u(4, 26),
        wall_mm=u(14, 24),
        apex_mm=apex,
        left_dome_mm=float(np.clip(rng.normal(-12, 20), -50, 45)),
        dome_height_mm=dome_height,
        heart_scale=u(0.8, 1.2),
        heart_tilt=u(-0.3, 0.5),
        liver_scale=u(0.85, 1.15),
        spleen_scale=u(0.75, 1.25),
        mediastinum_mm=u(17, 30),
        effusion_left=u(0.25, 0.8) if rng.random() < 0.12 else 9.0,
        effusion_right=u(0.25, 0.8) if rng.random() < 0.12 else 9.0,
        arms_down=bool(rng.random() < 0.3),
        hard=bool(rng.random() < 0.3),
        angle_rad=float(np.clip(rng.normal(0, 0.07), -0.2, 0.2)),
        shift_x=u(-0.04, 0.04),
        shift_y=u(-0.05, 0.05),
        zoom=u(0.9, 1.22),
        floor_mm=-dome_height * u(1.05, 1.3) - u(25, 60),
        ceiling_mm=apex + u(28, 60),
        table_gap_mm=u(2, 16),
        lesion_load=float(rng.choice([0.0, u(0.2, 0.5), u(0.5, 1.0)], p=[0.3, 0.45, 0.25])),
        noise_hu=u(8, 38),
        blur_px=u(0.35, 0.9),
    )
