"""What ultrasound looks at: a beating heart, an unborn head, a breast lesion, an ovary, a muscle, a nerve, a kidney."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from bench_cases.phantoms._noise import smooth_noise
from bench_cases.phantoms.scenes._scene import Field, Mask, Scene
from bench_cases.phantoms.scenes._ultrasound import CARDIAC, CONVEX, LINEAR, Probe, coordinates, lit, oval, seen

Painted = tuple[Field, dict[str, Mask], Field | None]
Painter = Callable[[tuple[int, int], np.random.Generator, float], Painted]


def _noise(rng: np.random.Generator, shape_yx: tuple[int, int], cells: float) -> Field:
    return smooth_noise(rng, shape_yx, (cells, cells * shape_yx[1] / shape_yx[0]))


def _heart(shape_yx: tuple[int, int], rng: np.random.Generator, phase: float) -> Painted:
    """Apical view: left ventricle in its U of muscle, left atrium below; phase 0 is relaxed, 1 squeezed."""
    y, x = coordinates(shape_yx)
    rough = 0.06 * _noise(rng, shape_yx, 6)
    squeeze = 1 - 0.3 * phase
    tilt = rng.uniform(-0.12, 0.12)
    wall = rng.uniform(0.052, 0.064) * (1 + 0.45 * phase)
    centre, radii = (0.40, 0.02), (0.25 * (1 - 0.12 * phase), 0.115 * squeeze * rng.uniform(0.95, 1.1))
    cavity = oval(y, x, centre, radii, tilt) + rough < 1
    outer = oval(y, x, centre, (radii[0] + wall, radii[1] + wall), tilt) + rough < 1
    valve = centre[0] + 0.74 * radii[0]
    cavity &= y < valve
    muscle = outer & ~cavity & (y < valve + 0.012)
    atrium = oval(y, x, (valve + 0.145, 0.02 + tilt * 0.3), (0.13, 0.115 * (1 + 0.2 * phase)), tilt) + rough < 1
    atrium &= (y > valve + 0.014) & ~outer
    right = oval(y, x, (0.46, -0.2), (0.2, 0.085), tilt) + rough < 1
    power = np.full(shape_yx, -17, np.float32) + 5 * _noise(rng, shape_yx, 9)
    power[muscle] = -11
    power[right & ~outer] = -42
    power[cavity | atrium] = -44
    leaflet = (np.abs(y - valve - 0.008) < 0.008) & (np.abs(x - 0.02) < radii[1]) & (outer | cavity)
    power[leaflet] = -6
    return power, {"left_ventricle": cavity, "myocardium": muscle, "left_atrium": atrium}, None


def _fetal_head(shape_yx: tuple[int, int], rng: np.random.Generator, phase: float) -> Painted:  # noqa: ARG001
    y, x = coordinates(shape_yx)
    centre = (rng.uniform(0.5, 0.56), rng.uniform(-0.05, 0.05))
    radii, angle = (rng.uniform(0.24, 0.29), rng.uniform(0.34, 0.4)), rng.uniform(-0.35, 0.35)
    head = oval(y, x, centre, radii, angle)
    power = -20 + 6 * _noise(rng, shape_yx, 8)
    power[head < 1] = (-31 + 4 * _noise(rng, shape_yx, 12))[head < 1]
    turned = np.cos(angle) * (y - centre[0]) - np.sin(angle) * (x - centre[1])
    along = np.abs(np.cos(angle) * (x - centre[1]) + np.sin(angle) * (y - centre[0]))
    power[(np.abs(turned) < 0.006) & (head < 0.75)] = -9
    for side in (-1, 1):
        power[(oval(turned, along, (side * 0.07, 0.12), (0.018, 0.09)) < 1) & (head < 0.8)] = -46
    # Bone across the beam shines, bone along it hardly does.
    edge = np.abs(np.sqrt(head) - 1) < 0.035
    facing = np.abs(y - centre[0]) / radii[0]
    power[edge] = (-14 + 14 * np.clip(facing, 0, 1))[edge]
    power[y < 0.08] = -10
    return power, {"head": head < 1}, None


def _birth(shape_yx: tuple[int, int], rng: np.random.Generator, phase: float) -> Painted:  # noqa: ARG001
    """Through the perineum: the pubic symphysis above on the left, the head coming down."""
    y, x = coordinates(shape_yx)
    rough = 0.08 * _noise(rng, shape_yx, 6)
    joint = oval(y, x, (rng.uniform(0.26, 0.31), -0.17), (0.055, 0.12), rng.uniform(-0.7, -0.4)) + rough
    head = oval(y, x, (rng.uniform(0.6, 0.64), 0.06), (0.25, 0.29), rng.uniform(-0.4, 0.2)) + 0.4 * rough
    power = -19 + 6 * _noise(rng, shape_yx, 8)
    power[head < 1] = (-33 + 3 * rough / 0.08)[head < 1]
    power[np.abs(np.sqrt(np.clip(head, 0, None)) - 1) < 0.035] = -5
    power[joint < 1] = -27
    power[np.abs(np.sqrt(np.clip(joint, 0, None)) - 1) < 0.09] = -8
    shadow = np.where((head < 1) & (head > 0.85), 0.35, 0).astype(np.float32)
    return power, {"pubic_symphysis": joint < 1, "fetal_head": (head < 1) & (joint >= 1)}, shadow


def _breast_layers(shape_yx: tuple[int, int], rng: np.random.Generator) -> Field:
    y, _ = coordinates(shape_yx)
    wave = 0.02 * _noise(rng, shape_yx, 3)
    power = np.full(shape_yx, -22, np.float32) + 5 * _noise(rng, shape_yx, 9)
    power[y + wave < 0.32] -= 7
    power[y + wave < 0.05] = -9
    power[np.abs(y + wave - 0.32) < 0.008] = -8
    power[(y + wave > 0.36) & (y + wave < 0.66)] += 6
    power[y + wave > 0.76] = -27
    power[np.abs(y + wave - 0.76) < 0.01] = -6
    return power


def _breast_lesion(shape_yx: tuple[int, int], rng: np.random.Generator, phase: float, *, lesions: int = 1) -> Painted:  # noqa: ARG001
    y, x = coordinates(shape_yx)
    power = _breast_layers(shape_yx, rng)
    rough = _noise(rng, shape_yx, 11)
    lesion = np.zeros(shape_yx, bool)
    for number in range(lesions):
        centre = (rng.uniform(0.42, 0.52), (number - (lesions - 1) / 2) * 0.62 + rng.uniform(-0.1, 0.1))
        size = rng.uniform(0.09, 0.14) / (1 + 0.4 * (lesions - 1))
        lesion |= oval(y, x, centre, (size, size * rng.uniform(1.1, 1.6)), rng.uniform(-0.3, 0.3)) + 0.2 * rough < 1
    power[lesion] = (-35 + 3 * rough)[lesion]
    return power, {"lesion": lesion}, np.where(lesion, 12 / shape_yx[0], 0).astype(np.float32)


def _two_breast_lesions(shape_yx: tuple[int, int], rng: np.random.Generator, phase: float) -> Painted:
    return _breast_lesion(shape_yx, rng, phase, lesions=2)


def _no_breast_lesion(shape_yx: tuple[int, int], rng: np.random.Generator, phase: float) -> Painted:
    return _breast_lesion(shape_yx, rng, phase, lesions=0)


def _ovary(shape_yx: tuple[int, int], rng: np.random.Generator, phase: float) -> Painted:  # noqa: ARG001
    y, x = coordinates(shape_yx)
    rough = _noise(rng, shape_yx, 5)
    mass = oval(y, x, (0.5, rng.uniform(-0.08, 0.08)), (rng.uniform(0.2, 0.28), rng.uniform(0.26, 0.34))) + 0.12 * rough
    power = -20 + 6 * _noise(rng, shape_yx, 8)
    power[mass < 1] = -48
    septum = (np.abs(x + 0.25 * (y - 0.5) - 0.04 * rough) < 0.012) & (mass < 1)
    solid = (oval(y, x, (0.62, 0.08), (0.09, 0.1)) + 0.2 * rough < 1) & (mass < 1)
    power[septum], power[solid] = -14, -20
    power[(mass > 0.88) & (mass < 1.08)] = -12
    return power, {"lesion": mass < 1}, np.where(mass < 0.9, -0.05, 0).astype(np.float32)


def _muscle(shape_yx: tuple[int, int], rng: np.random.Generator, phase: float) -> Painted:  # noqa: ARG001
    y, x = coordinates(shape_yx)
    rough = _noise(rng, shape_yx, 5)
    belly = oval(y, x, (rng.uniform(0.36, 0.42), 0), (rng.uniform(0.17, 0.22), rng.uniform(0.34, 0.42))) + 0.07 * rough
    power = np.full(shape_yx, -20, np.float32) + 5 * rough
    power[y < 0.15 + 0.02 * rough] = -15
    streaks = smooth_noise(rng, shape_yx, (26.0, 9.0))
    power[belly < 1] = (-31 + 6 * np.clip(streaks, -1, 2))[belly < 1]
    power[np.abs(np.sqrt(np.clip(belly, 0, None)) - 1) < 0.035] = -5
    bone = oval(y, x, (0.86, 0.06), (0.12, 0.16))
    power[(np.abs(bone - 1) < 0.14) & (y < 0.86)] = -1
    shadow = np.where((np.abs(bone - 1) < 0.14) & (y < 0.86), 6, 0).astype(np.float32)
    return power, {"muscle": belly < 1}, shadow


def _nerve(shape_yx: tuple[int, int], rng: np.random.Generator, phase: float) -> Painted:  # noqa: ARG001
    y, x = coordinates(shape_yx)
    rough = _noise(rng, shape_yx, 7)
    centre = (rng.uniform(0.38, 0.5), rng.uniform(-0.2, 0.1))
    bundle = oval(y, x, centre, (0.085, 0.15), rng.uniform(-0.3, 0.3)) + 0.1 * rough
    power = -22 + 6 * smooth_noise(rng, shape_yx, (22.0, 5.0))
    cells = _noise(rng, shape_yx, 26)
    power[bundle < 1] = np.where(cells > 0.35, -32, -12)[bundle < 1]
    for where, size in (((0.6, 0.3), 0.06), ((0.68, -0.28), 0.05)):
        power[oval(y, x, where, (size, size)) < 1] = -50
    return power, {"nerve": bundle < 1}, None


def _kidney(shape_yx: tuple[int, int], rng: np.random.Generator, phase: float) -> Painted:  # noqa: ARG001
    y, x = coordinates(shape_yx)
    rough = _noise(rng, shape_yx, 6)
    angle = rng.uniform(-0.4, 0.4)
    kidney = oval(y, x, (rng.uniform(0.48, 0.56), rng.uniform(-0.05, 0.05)), (0.15, 0.28), angle) + 0.06 * rough
    power = -19 + 6 * _noise(rng, shape_yx, 8)
    power[kidney < 1] = (-27 + 4 * rough)[kidney < 1]
    power[kidney + 0.25 * rough < 0.28] = -9
    power[np.abs(kidney - 1) < 0.09] = -10
    return power, {"kidney": kidney < 1}, None


_PAINTERS: dict[str, tuple[Painter, Probe]] = {
    "us_heart": (_heart, CARDIAC),
    "us_fetal_head": (_fetal_head, CONVEX),
    "us_birth": (_birth, CONVEX),
    "us_breast": (_breast_lesion, LINEAR),
    "us_breast_two": (_two_breast_lesions, LINEAR),
    "us_breast_none": (_no_breast_lesion, LINEAR),
    "us_ovary": (_ovary, CONVEX),
    "us_muscle": (_muscle, LINEAR),
    "us_nerve": (_nerve, LINEAR),
    "us_kidney": (_kidney, CONVEX),
}
NAMES = tuple(_PAINTERS)


def ultrasound(name: str, seed: int, shape_zyx: tuple[int, int, int], contrasts: Sequence[str]) -> Scene:
    """Draw one picture, or ``Z`` moments of a heartbeat from relaxed to squeezed and back.

    The anatomy is the same at each moment; the speckle is new, as in a real sweep.
    """
    painter, probe = _PAINTERS[name]
    length, *size = shape_zyx
    shape_yx = (size[0], size[1])
    speckle = np.random.Generator(np.random.PCG64([seed, 7]))
    pictures, organs = [], []
    for moment in range(length):
        phase = 0.0 if length == 1 else 0.5 - 0.5 * np.cos(2 * np.pi * moment / (length - 1))
        power, masks, shadow = painter(shape_yx, np.random.Generator(np.random.PCG64([seed, 6])), float(phase))
        pictures.append(seen(power, probe, speckle, shadow_db=shadow))
        organs.append({organ: mask & lit(probe, shape_yx) for organ, mask in masks.items()})
    picture = np.stack(pictures)
    millimetre = 150 / shape_yx[0]
    return Scene(
        contrasts=dict.fromkeys(contrasts, picture),
        organs={organ: np.stack([each[organ] for each in organs]) for organ in organs[0]},
        spacing_zyx_mm=(1.0, millimetre, millimetre),
    )
