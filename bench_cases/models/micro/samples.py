"""Training samples: single slices and clips of slices, with the organs they show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench_cases.models.micro.architectures import IMAGE_SIZE
from bench_cases.models.micro.cache import PhantomCache
from bench_cases.models.micro.looks import Look, draw_look, render
from bench_cases.models.micro.poses import Display, draw_display, draw_pose, warp
from bench_cases.phantoms import Organ
from bench_cases.phantoms._tissues import organs_of

Mask = NDArray[np.bool_]
LUNGS = (Organ.LEFT_LUNG, Organ.RIGHT_LUNG)
LEAST_PIXELS = 12

_TARGETS: tuple[tuple[Organ, ...], ...] = (
    LUNGS,
    (Organ.LEFT_LUNG,),
    (Organ.RIGHT_LUNG,),
    (Organ.HEART,),
    (Organ.SPLEEN,),
    (Organ.LIVER,),
    (Organ.KIDNEYS,),
    (Organ.STOMACH,),
)
_SHARES = np.array([0.32, 0.12, 0.12, 0.16, 0.18, 0.08, 0.01, 0.01])


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """Slices ready for a model.

    Attributes
    ----------
    pixels_nyx
        0..255 in whole numbers; (N, 256, 256), zero in the padding.
    organs_nyx
        `Organ` ids, background in the padding.
    size_yx
        The part that is image.
    """

    pixels_nyx: NDArray[np.float32]
    organs_nyx: NDArray[np.uint8]
    size_yx: tuple[int, int]


def parts_of(organs_yx: NDArray[np.uint8], target: tuple[Organ, ...]) -> list[Mask]:
    """Split a target into its visible labels, one mask each; parts of a few pixels are left out."""
    masks = [organs_yx == organ for organ in target]
    return [mask for mask in masks if int(mask.sum()) >= LEAST_PIXELS]


def draw_target(rng: np.random.Generator, shares: NDArray[np.float64] = _SHARES) -> tuple[Organ, ...]:
    """Draw what to segment."""
    return _TARGETS[int(rng.choice(len(_TARGETS), p=shares / shares.sum()))]


def visible_target(organs_yx: NDArray[np.uint8], rng: np.random.Generator) -> tuple[Organ, ...] | None:
    """Draw a target among those the slice shows."""
    present = np.bincount(organs_yx.ravel(), minlength=len(Organ)) >= LEAST_PIXELS
    shares = np.array([s if any(present[o] for o in t) else 0.0 for t, s in zip(_TARGETS, _SHARES, strict=True)])
    return draw_target(rng, shares) if shares.sum() > 0 else None


def draw_slice(cache: PhantomCache, rng: np.random.Generator, *, padded: bool) -> tuple[Frames, tuple[Organ, ...]]:
    """Draw one slice that shows a drawn target; a quarter of them are among the target's end slices."""
    while True:
        volume, target = int(rng.integers(len(cache.volumes))), draw_target(rng)
        shown = shown_slices(cache, volume, target)
        if len(shown) == 0:
            continue
        ends = np.concatenate([shown[:3], shown[-3:]])
        z = int(rng.choice(ends if rng.random() < 0.25 else shown))
        frames = make_frames(cache, volume, [z], look=draw_look(rng), display=draw_display(rng), rng=rng, padded=padded)
        if parts_of(frames.organs_nyx[0], target):
            return frames, target


def shown_slices(cache: PhantomCache, volume: int, target: tuple[Organ, ...]) -> NDArray[np.int64]:
    """Return the slices of a volume that show the target."""
    area = cache.areas_vzo[volume][:, [int(o) for o in target]].sum(axis=1)
    return np.flatnonzero(area >= LEAST_PIXELS)


def make_frames(
    cache: PhantomCache,
    volume: int,
    slices: list[int],
    *,
    look: Look,
    display: Display,
    rng: np.random.Generator,
    padded: bool,
) -> Frames:
    """Cut slices out of a volume and give them one pose and one look."""
    source = cache.volumes[volume]
    image, tissues = source.image_zyx[slices], source.tissues_zyx[slices]
    pose = draw_pose(display, (image.shape[1], image.shape[2]), rng, padded=padded)
    warped, ids = warp(pose, image, tissues)
    pixels = np.zeros((len(slices), IMAGE_SIZE, IMAGE_SIZE), np.float32)
    organs = np.zeros(pixels.shape, np.uint8)
    height, width = pose.size_yx
    pixels[:, :height, :width] = render(look, warped, ids, rng)
    organs[:, :height, :width] = organs_of(ids)
    return Frames(pixels_nyx=pixels, organs_nyx=organs, size_yx=pose.size_yx)
