"""Training samples: single slices and clips of slices, with the organs they show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench_cases.models.micro.cache import PhantomCache
from bench_cases.models.micro.focus import BROAD, Focus
from bench_cases.models.micro.frames import Frames
from bench_cases.models.micro.looks import Look, draw_look, render
from bench_cases.models.micro.places import lay_elsewhere
from bench_cases.models.micro.poses import Canvas, Display, draw_display, draw_pose, warp
from bench_cases.phantoms import NO_BODY, Organ
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


def parts_of(organs_yx: NDArray[np.uint8], target: tuple[Organ, ...]) -> list[Mask]:
    """Split a target into its visible labels, one mask each; parts of a few pixels are left out."""
    masks = [organs_yx == organ for organ in target]
    return [mask for mask in masks if int(mask.sum()) >= LEAST_PIXELS]


def draw_target(rng: np.random.Generator, shares: Sequence[float]) -> tuple[Organ, ...]:
    """Draw what to segment."""
    weights = np.asarray(shares, np.float64)
    return _TARGETS[int(rng.choice(len(_TARGETS), p=weights / weights.sum()))]


def visible_target(
    organs_yx: NDArray[np.uint8], rng: np.random.Generator, focus: Focus = BROAD
) -> tuple[Organ, ...] | None:
    """Draw a target among those the slice shows."""
    present = np.bincount(organs_yx.ravel(), minlength=len(Organ)) >= LEAST_PIXELS
    shares = [
        share if any(present[organ] for organ in target) else 0.0
        for target, share in zip(_TARGETS, focus.slice_targets, strict=True)
    ]
    return draw_target(rng, shares) if sum(shares) > 0 else None


def draw_slice(
    cache: PhantomCache, rng: np.random.Generator, *, canvas: Canvas, focus: Focus = BROAD
) -> tuple[Frames, tuple[Organ, ...]]:
    """Draw one slice that shows a drawn target; shares of them are among the target's lowest and highest slices."""
    while True:
        volume, target = int(rng.integers(len(cache.volumes))), draw_target(rng, focus.slice_targets)
        shown = shown_slices(cache, volume, target)
        if len(shown) == 0:
            continue
        where = rng.random()
        among = shown[:4] if where < focus.base else shown[-3:] if where < focus.base + focus.apex else shown
        z = int(rng.choice(among))
        frames = make_frames(cache, volume, [z], look=draw_look(rng), display=draw_display(rng), rng=rng, canvas=canvas)
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
    canvas: Canvas,
) -> Frames:
    """Cut slices out of a volume and give them one pose and one look."""
    source = cache.volumes[volume]
    image, tissues = source.image_zyx[slices], source.tissues_zyx[slices]
    pose = draw_pose(display, (image.shape[1], image.shape[2]), rng, canvas)
    warped, ids = warp(pose, image, tissues)
    pixels = np.zeros((len(slices), canvas.side, canvas.side), np.float32)
    organs = np.zeros(pixels.shape, np.uint8)
    height, width = pose.size_yx
    pixels[:, :height, :width] = render(look, warped, ids, rng)
    organs[:, :height, :width] = organs_of(ids)
    body = np.isin(ids, NO_BODY, invert=True)
    frames = Frames(
        pixels_nyx=pixels,
        organs_nyx=organs,
        size_yx=pose.size_yx,
        body_rows=_extent(np.flatnonzero(body.any(axis=(0, 2))), height),
        body_columns=_extent(np.flatnonzero(body.any(axis=(0, 1))), width),
    )
    if frames.square and canvas.elsewhere and rng.random() < canvas.elsewhere:
        return lay_elsewhere(frames, rng, padded=canvas.padded)
    return frames


def _extent(where: NDArray[np.int64], whole: int) -> tuple[int, int]:
    """Return the first place and the one after the last; the whole where there is none."""
    return (int(where[0]), int(where[-1]) + 1) if len(where) else (0, whole)
