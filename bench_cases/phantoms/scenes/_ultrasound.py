"""How ultrasound sees: speckle, attenuation with depth, shadows, logarithmic compression, and a fan.

Speckle is the envelope of a complex Gaussian field, correlated along the beam less than across it (Burckhardt 1978);
each tissue scales its mean power.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from bench_cases.phantoms.scenes._scene import Field, Mask

_DYNAMIC_RANGE_DB = 52.0


class Probe(NamedTuple):
    """A fan with its tip above the picture, or a straight probe (`half_angle` 0).

    ``tip_y`` and ``reach`` are in heights of the picture, ``half_angle`` in radians.
    """

    half_angle: float = 0.0
    tip_y: float = -0.04
    reach: float = 1.0


LINEAR = Probe()
CARDIAC = Probe(half_angle=0.66, tip_y=0.02, reach=0.95)
CONVEX = Probe(half_angle=0.58, tip_y=-0.28, reach=1.24)


def coordinates(shape_yx: tuple[int, int]) -> tuple[Field, Field]:
    """Return y from 0 (skin) to 1 and x from the middle, both in heights of the picture."""
    height, width = shape_yx
    y = (np.arange(height, dtype=np.float32) + 0.5) / height
    x = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) / height
    full_y, full_x = np.meshgrid(y.astype(np.float32), x.astype(np.float32), indexing="ij")
    return full_y, full_x


def seen(
    power_db: Field,
    probe: Probe,
    rng: np.random.Generator,
    *,
    loss_db: float = 16.0,
    shadow_db: Field | None = None,
) -> Field:
    """Turn a map of echo power into a picture of 0..255.

    Parameters
    ----------
    power_db
        Echo power of the tissue at each pixel, 0 for bright fat, -60 for fluid, shape ``(Y, X)``.
    loss_db
        Loss over the depth of the picture that the machine's gain does not make up for.
    shadow_db
        What each pixel takes from the beam below it.
    """
    shape = power_db.shape
    y, x = coordinates((shape[0], shape[1]))
    field = rng.standard_normal((2, *shape), dtype=np.float32)
    wide = np.float32(shape[0] / 130)
    field = ndimage.gaussian_filter(field, (0, 0.55 * wide, 1.15 * wide))
    envelope = np.hypot(*field) / max(float(np.hypot(*field).mean()), 1e-9)
    depth = y if not probe.half_angle else np.clip(np.hypot(x, y - probe.tip_y), 0, None)
    level = power_db - loss_db * depth + 20 * np.log10(np.maximum(envelope, 1e-4))
    if shadow_db is not None:
        level -= np.cumsum(shadow_db, axis=0)
    floor = 4 * rng.standard_normal(shape, dtype=np.float32) - _DYNAMIC_RANGE_DB
    picture = np.clip((np.maximum(level, floor) + _DYNAMIC_RANGE_DB) / _DYNAMIC_RANGE_DB, 0, 1) * 225
    return np.where(lit(probe, (shape[0], shape[1])), picture, 0).astype(np.float32)


def lit(probe: Probe, shape_yx: tuple[int, int]) -> Mask:
    """Return where the picture shows anything."""
    y, x = coordinates(shape_yx)
    if not probe.half_angle:
        return np.ones(shape_yx, bool)
    angle, radius = np.arctan2(np.abs(x), y - probe.tip_y), np.hypot(x, y - probe.tip_y)
    skin = max(0.02 - probe.tip_y, 0.0) if probe.tip_y < 0 else 0.0
    out: Mask = (angle < probe.half_angle) & (radius < probe.reach) & (radius > skin)
    return out


def oval(
    y: Field, x: Field, centre_yx: tuple[float, float], radii_yx: tuple[float, float], angle: float = 0.0
) -> Field:
    """Squared normalised distance from the centre of an ellipse turned by `angle`."""
    dy, dx = y - centre_yx[0], x - centre_yx[1]
    cos, sin = np.cos(angle), np.sin(angle)
    out: Field = ((cos * dy - sin * dx) / radii_yx[0]) ** 2 + ((sin * dy + cos * dx) / radii_yx[1]) ** 2
    return out
