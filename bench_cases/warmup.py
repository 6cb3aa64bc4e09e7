"""Warm-up: inferences made before anything is timed, because the first one pays for kernels, caches and allocations."""

from __future__ import annotations

from collections.abc import Collection

from bench_cases.contracts import LoadedModel
from bench_cases.frames import FrameSequence
from bench_cases.prompt import POSITIVE, Prompt
from bench_cases.timing import Clock
from bench_cases.volume import Volume


def warm_up(model: LoadedModel, volume: Volume, modes: Collection[str], *, count: int) -> dict[str, int]:
    """Run `count` throw-away inferences on the volume's middle frame in each mode, and return how many were made.

    Returns
    -------
    dict
        ``embed`` and ``predict`` in image mode; ``encode`` and ``propagate`` in video mode (two frames a walk).
    """
    frame = FrameSequence(volume=volume)[volume.n_slices // 2]
    height, width = volume.size_yx
    prompt = Prompt(size_yx=(height, width), points_xy=((width // 2, height // 2),), labels=(POSITIVE,))
    clock = Clock()
    made: dict[str, int] = {}
    for _ in range(count):
        if "image" in modes and model.image is not None:
            model.image.predict(model.image.embed(frame, clock=clock), prompt, clock=clock)
            made["embed"] = made.get("embed", 0) + 1
            made["predict"] = made.get("predict", 0) + 1
        if "video" in modes and model.video is not None:
            encoded = model.video.encode(frame, clock=clock)
            walked = list(model.video.propagate([encoded, encoded], {0: prompt}, size_yx=volume.size_yx, clock=clock))
            made["encode"] = made.get("encode", 0) + 1
            made["propagate"] = made.get("propagate", 0) + len(walked)
    if model.synchronise is not None:
        model.synchronise()
    return made
