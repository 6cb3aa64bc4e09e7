"""Any stretch of a torso, seen by CT, MR, PET, or projected onto a radiograph."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from bench_cases.phantoms._anatomy import paint
from bench_cases.phantoms._frame import Frame, make_frame
from bench_cases.phantoms._noise import smooth_noise
from bench_cases.phantoms._subject import Subject, draw_subject
from bench_cases.phantoms._tissues import Tissue
from bench_cases.phantoms.scenes._matter import Matter, fat_signal, hounsfield_of, signal_of
from bench_cases.phantoms.scenes._organs import (
    paint_hepatic_vessels,
    paint_left_atrium,
    paint_lumps,
    paint_organs,
    paint_pelvis,
)
from bench_cases.phantoms.scenes._scene import Field, Mask, Scene

LUNGS = (Tissue.LEFT_LUNG, Tissue.RIGHT_LUNG, Tissue.LEFT_VESSEL, Tissue.RIGHT_VESSEL)
_BONES = (Tissue.BONE, Tissue.MARROW, Tissue.DISC, Matter.FEMUR, Matter.ILIUM)
_LIVER = (Tissue.LIVER, Matter.LIVER_TUMOUR, Matter.HEPATIC_VESSEL)
_PANCREAS = (Matter.PANCREAS, Matter.PANCREAS_TUMOUR)
_GLAND = (Matter.PERIPHERAL_ZONE, Matter.TRANSITION_ZONE)
_HEART = (Tissue.HEART, Tissue.MYOCARDIUM, Matter.LEFT_ATRIUM)
_MADE_OF: dict[str, tuple[int, ...]] = {
    "left_lung": (Tissue.LEFT_LUNG, Tissue.LEFT_VESSEL),
    "right_lung": (Tissue.RIGHT_LUNG, Tissue.RIGHT_VESSEL),
    "lungs": (*LUNGS, Matter.LUNG_TUMOUR),
    "lung_tumour": (Matter.LUNG_TUMOUR,),
    "heart": _HEART,
    "left_atrium": (Matter.LEFT_ATRIUM,),
    "spleen": (Tissue.SPLEEN,),
    "liver": _LIVER,
    "liver_tumour": (Matter.LIVER_TUMOUR,),
    "hepatic_vessel": (Matter.HEPATIC_VESSEL,),
    "kidneys": (Tissue.KIDNEY,),
    "stomach": (Tissue.STOMACH,),
    "aorta": (Tissue.AORTA,),
    "gallbladder": (Matter.GALLBLADDER,),
    "esophagus": (Matter.OESOPHAGUS,),
    "postcava": (Matter.VENA_CAVA,),
    "pancreas": _PANCREAS,
    "pancreas_tumour": (Matter.PANCREAS_TUMOUR,),
    "adrenals": (Matter.ADRENAL,),
    "duodenum": (Matter.DUODENUM,),
    "bladder": (Matter.BLADDER,),
    "prostate": _GLAND,
    "peripheral_zone": (Matter.PERIPHERAL_ZONE,),
    "transition_zone": (Matter.TRANSITION_ZONE,),
    "colon": (Matter.COLON, Matter.COLON_TUMOUR),
    "colon_tumour": (Matter.COLON_TUMOUR,),
    "bones": _BONES,
    "femur": (Matter.FEMUR,),
    "ilium": (Matter.ILIUM,),
    "vertebrae": (Tissue.MARROW, Tissue.DISC),
    "lesion": (Matter.HOT_SPOT,),
}
_MAGNIFIED = 3
"""Pixels of a radiograph to a voxel that it is projected from."""
_SIDES = {"kidney": "kidneys", "adrenal": "adrenals", "femur": "femur", "hip": "ilium"}


def torso(
    seed: int,
    shape_zyx: tuple[int, int, int],
    contrasts: Sequence[str],
    *,
    floor_mm: float,
    ceiling_mm: float | None,
    hot_spots: int = 0,
) -> Scene:
    """Draw the stretch of a body between two heights over the right dome of the diaphragm.

    Parameters
    ----------
    contrasts
        Of ``ct``, ``t1_in``, ``t1_out``, ``t2_fatsat``, ``t2``, ``cine``, ``adc``, ``suv``, ``xray``.
    ceiling_mm
        None for the top of the shoulders.
    hot_spots
        Number of lesions that take up glucose.
    """
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    subject = draw_subject(rng)
    subject = dataclasses.replace(
        subject,
        floor_mm=floor_mm,
        ceiling_mm=subject.apex_mm + 30 if ceiling_mm is None else ceiling_mm,
        arms_down=False,
        hard=False,
        effusion_left=9.0,
        effusion_right=9.0,
        angle_rad=subject.angle_rad / 4,
        zoom=1.0,
    )
    frame = make_frame(subject, shape_zyx)
    classes = paint(subject, frame, rng)
    classes[classes == Tissue.CABLE] = Tissue.AIR
    paint_organs(classes, subject, frame, rng)
    paint_pelvis(classes, subject, frame, rng)
    paint_left_atrium(classes, subject, frame)
    paint_hepatic_vessels(classes, frame, rng)
    liver = (Tissue.LIVER,)
    paint_lumps(classes, frame, rng, inside=liver, matter=Matter.LIVER_TUMOUR, number=3, radius_mm=(10, 20))
    paint_lumps(classes, frame, rng, inside=LUNGS, matter=Matter.LUNG_TUMOUR, number=2, radius_mm=(11, 20))
    if hot_spots:
        hosts = (Tissue.MEDIASTINUM, Tissue.LIVER, Tissue.MUSCLE, Tissue.MARROW)
        paint_lumps(classes, frame, rng, inside=hosts, matter=Matter.HOT_SPOT, number=hot_spots, radius_mm=(14, 24))
    organs = _organs(classes, frame)
    if "xray" in contrasts:
        return _radiograph(classes, organs, subject, frame, rng)
    return Scene(
        contrasts={name: _render(name, classes, subject, frame, rng) for name in contrasts},
        organs=organs,
        spacing_zyx_mm=frame.spacing_zyx_mm,
    )


def _organs(classes: npt.NDArray[np.uint8], frame: Frame) -> dict[str, Mask]:
    organs: dict[str, Mask] = {name: np.isin(classes, parts) for name, parts in _MADE_OF.items()}
    for single, both in _SIDES.items():
        organs[f"{single}_right"] = organs[both] & (frame.x < 0)
        organs[f"{single}_left"] = organs[both] & (frame.x >= 0)
    return organs


def _render(
    contrast: str, classes: npt.NDArray[np.uint8], subject: Subject, frame: Frame, rng: np.random.Generator
) -> Field:
    """Look up the signal of each voxel, then texture, partial volume and the noise of the modality."""
    shape = frame.shape_zyx
    if contrast == "ct":
        image = hounsfield_of(subject, rng)[classes]
        body = ~np.isin(classes, (Tissue.AIR, Tissue.TRACHEA, Tissue.GAS))
        image += np.where(body, 6 * smooth_noise(rng, shape, frame.cells(9)), 0)
        image = _blurred(image, 0.55) + 14 * _grain(rng, shape, 0.5)
        return np.clip(np.rint(image), -1024, 3071).astype(np.float32)
    if contrast == "suv":
        image = signal_of("suv")[classes] * (1 + 0.1 * smooth_noise(rng, shape, frame.cells(30)))
        sigma = [5.0 / size for size in frame.spacing_zyx_mm]
        image = ndimage.gaussian_filter(image, sigma)
        noisy = image + 0.12 * np.sqrt(image) * _grain(rng, shape, 1.0)
        return np.clip(noisy, 0, None).astype(np.float32)
    if contrast in {"t1_in", "t1_out"}:
        water, fat = _blurred(signal_of("t1_water")[classes], 0.7), _blurred(fat_signal()[classes], 0.7)
        image = water + fat if contrast == "t1_in" else np.abs(water - fat)
    else:
        image = _blurred(signal_of(contrast)[classes], 0.7)
    texture = 1 + 0.05 * smooth_noise(rng, shape, frame.cells(12))
    bias = 1 + 0.16 * smooth_noise(rng, shape, frame.cells(260))
    return magnitude(image * texture * np.clip(bias, 0.55, 1.5), rng, sigma=16)


def magnitude(signal: Field, rng: np.random.Generator, *, sigma: float) -> Field:
    """Add noise to both channels of an MR signal and take the magnitude (Rician; Gudbjartsson & Patz 1995)."""
    real = signal + sigma * rng.standard_normal(signal.shape, dtype=np.float32)
    imaginary = sigma * rng.standard_normal(signal.shape, dtype=np.float32)
    out: Field = np.rint(np.hypot(real, imaginary)).astype(np.float32)
    return out


def _blurred(image: Field, sigma_px: float) -> Field:
    out: Field = ndimage.gaussian_filter(image.astype(np.float32), (0, sigma_px, sigma_px), truncate=2.5)
    return out


def _grain(rng: np.random.Generator, shape: tuple[int, ...], sigma_px: float) -> Field:
    noise = _blurred(rng.standard_normal(shape, dtype=np.float32), sigma_px)
    out: Field = noise / max(float(noise.std()), 1e-6)
    return out


def _radiograph(
    classes: npt.NDArray[np.uint8],
    organs: dict[str, Mask],
    subject: Subject,
    frame: Frame,
    rng: np.random.Generator,
) -> Scene:
    """Sum attenuation from front to back (Beer and Lambert) and show its logarithm, dense parts white."""
    # Bone stops the low energies of a radiograph far more than its HU at CT energies say.
    density = hounsfield_of(subject, rng)[classes] + np.where(np.isin(classes, _BONES), 1400, 0)
    density[classes == Tissue.TABLE] = -1000
    thickness_mm = np.clip(density + 1000, 0, None).sum(axis=1) / 1000 * frame.spacing_zyx_mm[1]
    shadow = ndimage.zoom(thickness_mm[::-1], _MAGNIFIED, order=3)
    scatter = 0.25 * ndimage.gaussian_filter(shadow, 24)
    grey = shadow + scatter + 1.3 * rng.standard_normal(shadow.shape)
    low, high = np.percentile(grey, (2, 99.7))
    thin = 12 / frame.spacing_zyx_mm[1]
    picture = np.clip((grey - low) / (high - low), 0, 1) ** 0.9 * 255
    flat = {
        name: (ndimage.zoom(mask.sum(axis=1, dtype=np.float32)[::-1], _MAGNIFIED, order=1) > thin)[None]
        for name, mask in organs.items()
    }
    dz, dx = frame.spacing_zyx_mm[0] / _MAGNIFIED, frame.spacing_zyx_mm[2] / _MAGNIFIED
    return Scene(
        contrasts={"xray": picture.astype(np.float32)[None]},
        organs=flat,
        spacing_zyx_mm=(1.0, dz, dx),
    )
