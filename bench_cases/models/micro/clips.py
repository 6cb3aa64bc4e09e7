"""Clips for the video training: consecutive slices from a prompted one, past organ ends, behind foreign seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench_cases.models.micro.cache import PhantomCache
from bench_cases.models.micro.focus import BROAD, Focus
from bench_cases.models.micro.frames import Frames
from bench_cases.models.micro.looks import draw_look
from bench_cases.models.micro.poses import SAM2_CANVAS, Canvas, draw_display
from bench_cases.models.micro.prompt_rules import TrainingPrompt, composite, draw_prompt
from bench_cases.models.micro.samples import LUNGS, Mask, draw_target, make_frames, parts_of, shown_slices
from bench_cases.phantoms import Organ

FOREIGN_SHARE, PAST_END_SHARE, FROM_MASK_SHARE = 0.28, 0.5, 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """Frames in the order they are tracked; the first one is prompted.

    Attributes
    ----------
    frames
        One or two runs of slices (two when the seed is foreign), together as long as the clip.
    targets_nyx
        The organ on each frame; empty where it has ended.
    prompt
        For the first frame.
    starts_from_mask
        The memory of the first frame holds the reference mask instead of the model's own.
    """

    frames: tuple[Frames, ...]
    targets_nyx: NDArray[np.bool_]
    prompt: TrainingPrompt
    starts_from_mask: bool


def draw_clip(
    cache: PhantomCache,
    rng: np.random.Generator,
    length: int,
    focus: Focus = BROAD,
    canvas: Canvas = SAM2_CANVAS,
) -> Clip:
    """Draw a clip of ``length`` frames; half of them run past the end of the organ."""
    while True:
        target = draw_target(rng, focus.clip_targets)
        volume = int(rng.integers(len(cache.volumes)))
        frames = _draw_frames(cache, rng, target, volume, length, canvas=canvas)
        if frames is None:
            continue
        organs = np.concatenate([run.organs_nyx for run in frames])
        parts = parts_of(organs[0], target)
        if not parts:
            continue
        benchmark_like = target == LUNGS and rng.random() < 0.5
        return Clip(
            frames=frames,
            targets_nyx=np.stack([_union(slice_yx, target) for slice_yx in organs]),
            prompt=composite(parts) if benchmark_like else draw_prompt(parts, rng, focus),
            starts_from_mask=bool(rng.random() < FROM_MASK_SHARE),
        )


def _union(organs_yx: NDArray[np.uint8], target: tuple[Organ, ...]) -> Mask:
    mask: Mask = np.isin(organs_yx, [int(o) for o in target])
    return mask


def _draw_frames(
    cache: PhantomCache,
    rng: np.random.Generator,
    target: tuple[Organ, ...],
    volume: int,
    length: int,
    *,
    canvas: Canvas,
) -> tuple[Frames, ...] | None:
    """Choose slices; None when the organ is not there."""
    shown = shown_slices(cache, volume, target)
    if len(shown) == 0:
        return None
    look, display = draw_look(rng), draw_display(rng)
    if rng.random() < FOREIGN_SHARE:
        other = int(rng.integers(len(cache.volumes)))
        donors = shown_slices(cache, other, target)
        if len(donors) == 0:
            return None
        middle = donors[len(donors) // 4 : max(3 * len(donors) // 4, len(donors) // 4 + 1)]
        seed = make_frames(cache, other, [int(rng.choice(middle))], look=look, display=display, rng=rng, canvas=canvas)
        run = _slices(rng, shown, len(cache.volumes[volume].image_zyx), length - 1)
        return seed, make_frames(cache, volume, run, look=look, display=display, rng=rng, canvas=canvas)
    run = _slices(rng, shown, len(cache.volumes[volume].image_zyx), length)
    return (make_frames(cache, volume, run, look=look, display=display, rng=rng, canvas=canvas),)


def _slices(rng: np.random.Generator, shown: NDArray[np.int64], depth: int, length: int) -> list[int]:
    """Return ``length`` slices in steps of 1 to 3, up or down, that start inside the organ.

    At the volume's end the last slice repeats, as nothing else is there to show.
    """
    stride, direction = int(rng.choice([1, 2, 3], p=[0.6, 0.28, 0.12])), int(rng.choice([-1, 1]))
    if rng.random() < PAST_END_SHARE:
        end = int(shown[-1] if direction > 0 else shown[0])
        start = end - direction * stride * int(rng.integers(0, length - 1))
        start = int(np.clip(start, shown[0], shown[-1]))
    else:
        start = int(rng.choice(shown))
    return [int(np.clip(start + direction * stride * k, 0, depth - 1)) for k in range(length)]
