"""MR of the head: a brain with a tumour, and a hippocampus in a small block."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from bench_cases.phantoms._noise import smooth_noise
from bench_cases.phantoms.scenes._scene import Field, Mask, Scene
from bench_cases.phantoms.scenes._torso import magnitude

# Signals of nothing, CSF, grey matter, white matter, oedema, necrotic core, enhancing rim.
_BRAIN = {
    "flair": (0, 90, 420, 350, 760, 330, 640),
    "t1": (0, 120, 400, 560, 390, 280, 430),
    "t1gd": (0, 120, 410, 570, 390, 260, 930),
    "t2": (0, 940, 520, 400, 760, 820, 640),
}


def brain(seed: int, shape_zyx: tuple[int, int, int], contrasts: Sequence[str]) -> Scene:
    """Draw a brain without its skull, as the tumour sets deliver it, with a glioma in one hemisphere."""
    rng = np.random.Generator(np.random.PCG64([seed, 2]))
    z, y, x = _grid(shape_zyx, (150.0, 190.0, 160.0))
    radii = np.array([62, 84, 68]) * rng.uniform(0.95, 1.05, 3)
    folds = smooth_noise(rng, shape_zyx, tuple(size / 13 for size in (150, 190, 160)))
    broad = smooth_noise(rng, shape_zyx, tuple(size / 50 for size in (150, 190, 160)))
    radius = np.sqrt((z / radii[0]) ** 2 + (y / radii[1]) ** 2 + (x / radii[2]) ** 2)
    head = radius < 1
    classes = np.zeros(shape_zyx, np.uint8)
    classes[head] = 1
    fissure = (np.abs(x) < 1.6 + 0.5 * broad) & ((np.abs(y) > 28) | (z > 24))
    cortex = (radius + 0.035 * folds < 0.965) & ~fissure
    classes[cortex] = 2
    classes[cortex & (radius + 0.075 * folds + 0.03 * broad < 0.8) & (np.abs(x) > 5)] = 3
    classes[cortex & (np.abs(x) <= 5) & (radius < 0.5)] = 3
    for side in (-1, 1):
        bent = (x - side * (9 + 0.006 * y**2)) / 6
        classes[head & (bent**2 + (y / 36) ** 2 + ((z - 8) / 20) ** 2 < 1)] = 1
        nucleus = ((x - side * 23) / 8) ** 2 + ((y + 8) / 20) ** 2 + ((z - 2) / 12) ** 2
        classes[head & (nucleus < 1)] = 2
    side = 1 if rng.random() < 0.5 else -1
    centre = (rng.uniform(-8, 22), rng.uniform(-30, 30), side * rng.uniform(28, 36))
    size = rng.uniform(15, 20)
    away = np.sqrt(((z - centre[0]) / 1.0) ** 2 + (y - centre[1]) ** 2 + (x - centre[2]) ** 2) / size
    tissue = cortex & (radius < 0.94)
    oedema = tissue & (away + 0.28 * broad + 0.16 * folds < 1.45) & (classes != 1)
    rim = tissue & (away + 0.1 * folds < 0.82)
    core = tissue & (away + 0.12 * folds < 0.52)
    classes[oedema], classes[rim], classes[core] = 4, 6, 5
    bias = 1 + 0.08 * smooth_noise(rng, shape_zyx, (1.0, 1.0, 1.0))
    pictures = {
        name: _mr(np.array(_BRAIN[name], np.float32)[classes] * bias, rng, sigma=14, inside=head) for name in contrasts
    }
    organs = {"edema": classes == 4, "core": classes == 5, "enhancing": classes == 6, "brain": head}
    return Scene(contrasts=pictures, organs=organs, spacing_zyx_mm=_spacing(shape_zyx, (150.0, 190.0, 160.0)))


def hippocampus(seed: int, shape_zyx: tuple[int, int, int], contrasts: Sequence[str]) -> Scene:
    """Draw a block of the temporal lobe with a hippocampus that lies from front to back, thickest in front."""
    rng = np.random.Generator(np.random.PCG64([seed, 3]))
    z, y, x = _grid(shape_zyx, tuple(float(size) for size in shape_zyx))
    folds = smooth_noise(rng, shape_zyx, tuple(size / 9 for size in shape_zyx))
    reach = shape_zyx[1] * 0.36
    t = np.clip((y + reach) / (2 * reach), 0, 1)
    bend_x, bend_z = rng.uniform(3, 5) * np.sin(2.6 * t), rng.uniform(3, 6) * t**2
    thick = 6.8 - 3.4 * t
    away = np.sqrt(((x - bend_x) / thick) ** 2 + ((z - bend_z + 3) / (0.8 * thick)) ** 2)
    ends = np.clip(np.abs(y) / reach, 0, None) ** 6
    body = away**2 + ends + 0.08 * folds < 1
    signal = np.where(folds > 0.45, 410, 560)
    horn = (np.sqrt(((x - bend_x - 7) / 3) ** 2 + ((z - bend_z) / 6) ** 2) < 1) & (np.abs(y) < reach)
    signal = np.where(horn | (z > shape_zyx[0] * 0.42), 130, signal)
    signal = np.where(body, 420, signal)
    seam = -reach + 2 * reach * rng.uniform(0.38, 0.46)
    organs = {"anterior": body & (y < seam), "posterior": body & (y >= seam)}
    picture = _mr(signal.astype(np.float32), rng, sigma=16)
    return Scene(contrasts=dict.fromkeys(contrasts, picture), organs=organs, spacing_zyx_mm=(1.0, 1.0, 1.0))


def spine(seed: int, shape_zyx: tuple[int, int, int], contrasts: Sequence[str]) -> Scene:
    """Draw axial slices of the neck: the cord with grey matter in the shape of an H, fluid around it, a vertebra."""
    rng = np.random.Generator(np.random.PCG64([seed, 4]))
    extent = (shape_zyx[0] * 3.0, 48.0, 48.0)
    z, y, x = _grid(shape_zyx, extent)
    rough = smooth_noise(rng, shape_zyx, tuple(size / 7 for size in extent))
    sway = 0.02 * z
    rx, ry = rng.uniform(6.2, 7.2), rng.uniform(4.0, 4.8)
    cord = ((x - sway) / rx) ** 2 + (y / ry) ** 2 + 0.02 * rough
    inside = cord < 1
    limbs = np.abs(np.abs(x - sway) - 2.3 - 0.12 * np.abs(y)) < 0.75 + 0.2 * (y < 0)
    horns = limbs & (np.abs(y + 0.2) < 0.72 * ry)
    bridge = (np.abs(y) < 0.55) & (np.abs(x - sway) < 2.6)
    grey = inside & (horns | bridge) & (cord < 0.82)
    sac = ((x - sway) / (rx + 3)) ** 2 + ((y - 0.3) / (ry + 2.6)) ** 2 < 1
    signal = 210 + 45 * rough
    body = (x / 11) ** 2 + ((y + 15) / 8) ** 2 < 1
    arch = np.abs(np.hypot(x / 13, (y - 5) / 11) - 1) < 0.16
    signal = np.where(body, 330 + 25 * rough, signal)
    signal = np.where(arch & (y > -2), 90, signal)
    signal = np.where(sac, 820, signal)
    signal = np.where(inside, 430, signal)
    signal = np.where(grey, 600, signal)
    signal = np.where((x / 24) ** 2 + (y / 24) ** 2 > 0.98, 60, signal)
    organs = {"grey_matter": grey, "white_matter": inside & ~grey}
    picture = _mr(signal.astype(np.float32), rng, sigma=26)
    return Scene(contrasts=dict.fromkeys(contrasts, picture), organs=organs, spacing_zyx_mm=_spacing(shape_zyx, extent))


def breast(seed: int, shape_zyx: tuple[int, int, int], contrasts: Sequence[str]) -> Scene:
    """Draw both breasts, hanging forward, with dense tissue and vessels, before the chest wall; fat is suppressed."""
    rng = np.random.Generator(np.random.PCG64([seed, 5]))
    extent = (170.0, 190.0, 340.0)
    z, y, x = _grid(shape_zyx, extent)
    rough = smooth_noise(rng, shape_zyx, tuple(size / 34 for size in extent))
    fine = smooth_noise(rng, shape_zyx, tuple(size / 13 for size in extent))
    tube = smooth_noise(rng, shape_zyx, tuple(size / 26 for size in extent))
    chest = (x / 185) ** 2 + ((y - 125) / 118) ** 2 + 0.02 * rough < 1
    lung = (((np.abs(x) - 62) / 55) ** 2 + ((y - 96) / 44) ** 2 < 1) & chest
    heart = ((x - 22) / 52) ** 2 + ((y - 74) / 36) ** 2 + (z / 62) ** 2 < 1
    breasts = np.zeros(shape_zyx, bool)
    depth = np.full(shape_zyx, 9.0)
    for side in (-1, 1):
        away = ((x - side * 82) / 66) ** 2 + ((y - 12) / rng.uniform(72, 82)) ** 2 + (z / 74) ** 2
        breasts |= (away < 1) & (y < 60)
        depth = np.minimum(depth, away)
    breasts &= ~chest
    dense = breasts & (depth < 0.66) & (rough + 0.55 * fine > 0.15)
    vessels = breasts & (depth < 0.88) & (rough**2 + tube**2 < 0.022)
    signal = np.zeros(shape_zyx)
    signal[chest] = 330
    signal[breasts] = 130
    signal[breasts & (depth > 0.93)] = 260
    signal[dense] = 430
    signal[vessels] = 640
    signal[lung] = 30
    signal[heart & chest] = 520
    picture = _mr(signal.astype(np.float32), rng, sigma=17)
    organs = {"breast": breasts, "dense": dense & ~vessels, "vessel": vessels}
    return Scene(contrasts=dict.fromkeys(contrasts, picture), organs=organs, spacing_zyx_mm=_spacing(shape_zyx, extent))


def _mr(signal: Field, rng: np.random.Generator, *, sigma: float, inside: Mask | None = None) -> Field:
    blurred = ndimage.gaussian_filter(signal.astype(np.float32), (0, 0.55, 0.55))
    noisy = magnitude(blurred, rng, sigma=sigma)
    out: Field = noisy if inside is None else np.where(inside, noisy, 0).astype(np.float32)
    return out


def _spacing(shape_zyx: tuple[int, int, int], extent_mm: tuple[float, float, float]) -> tuple[float, float, float]:
    z, y, x = (extent / size for extent, size in zip(extent_mm, shape_zyx, strict=True))
    return z, y, x


def _grid(shape_zyx: tuple[int, int, int], extent_mm: tuple[float, ...]) -> tuple[Field, Field, Field]:
    """Millimetres from the middle along z, y and x, shaped to broadcast."""
    axes = [((np.arange(size) + 0.5) / size - 0.5) * extent for size, extent in zip(shape_zyx, extent_mm, strict=True)]
    z, y, x = (each.astype(np.float32) for each in axes)
    return z[:, None, None], y[None, :, None], x[None, None, :]
