"""Warm-up: inferences made before anything is timed, because the first one pays for kernels, caches and allocations."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from bench_cases.contracts import BatchEmbedder, Embedding, HostPixels, LoadedModel
from bench_cases.engine.batch_size import BatchSize
from bench_cases.frames import Frame, FrameSequence
from bench_cases.prompt import POSITIVE, Prompt
from bench_cases.timing import Clock
from bench_cases.volume import Volume


def warm_up(
    model: LoadedModel, volume: Volume, modes: Collection[str], *, count: int, batch: BatchSize | None = None
) -> dict[str, int]:
    """Run `count` throw-away inferences on the volume's middle frame in each mode, and return how many were made.

    Parameters
    ----------
    batch
        How many frames will go in at once. Its size is found here, by a batch of so many frames once a model, so that
        what is timed afterwards neither measures memory nor runs out of it. A CPU needs none of that.

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
            pays = model.device != "cpu" or model.checkpoint.options.compile
            if batch is not None and pays and not batch.tried and isinstance(model.image, BatchEmbedder):
                made["embed"] += _fill(model.image, frame, batch, clock)
        if "video" in modes and model.video is not None:
            encoded = model.video.encode(frame, clock=clock)
            walked = list(model.video.propagate([encoded, encoded], {0: prompt}, size_yx=volume.size_yx, clock=clock))
            made["encode"] = made.get("encode", 0) + 1
            made["propagate"] = made.get("propagate", 0) + len(walked)
    if model.synchronise is not None:
        model.synchronise()
    return made


def _fill(model: BatchEmbedder, frame: Frame, batch: BatchSize, clock: Clock) -> int:
    """Encode one whole batch of a frame, after one alone where its memory is to be measured; return how many."""
    pixels = model.pixels_of(frame)

    def embed(part: Sequence[HostPixels]) -> Sequence[Embedding]:
        return model.embed_many(part, clock=clock)

    alone = len(batch.over([pixels] * (batch.size is None), embed))
    return alone + len(batch.over([pixels] * batch.following, embed))
