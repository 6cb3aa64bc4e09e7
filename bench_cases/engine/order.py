"""The order of an unordered set of images: by similarity to what was prompted, so that a memory is led on gently.

Gutiérrez et al. (2025) propose to take the images of an X-ray set themselves as the video; in which order is left open.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench_cases.frames import Frame, FrameSequence
from bench_cases.volume_shape import normalised_cross_correlation

THUMBNAIL_PX: Final = 32
"""Side of the squares on which images are compared.

A power of two: the mean of so many bytes, and all sums of products, are then exact in floating point whatever the order
of summation, so that every machine orders a set alike.
"""


class Ranked(NamedTuple):
    """The place of an image as listed, and its similarity to what was prompted, -1..1; None where one is constant."""

    place: int
    similarity: float | None


def thumbnail(frame: Frame) -> NDArray[np.uint8]:
    """Squash a frame to `THUMBNAIL_PX` squared by the means of boxes, so that frames of all sizes can be compared."""
    from PIL import Image

    side = (THUMBNAIL_PX, THUMBNAIL_PX)
    return np.asarray(Image.fromarray(frame[..., 0]).resize(side, Image.Resampling.BOX))


def by_similarity(frames: FrameSequence, seeds: Sequence[Frame], *, first: Collection[int] = ()) -> list[Ranked]:
    """Order images by similarity to the nearest of `seeds`, the most similar first.

    Similarity is the normalised cross-correlation of thumbnails. Equal ones stay in the order listed, and so do those
    that have none, at the end.

    Parameters
    ----------
    seeds
        The prompted frames, of any size.
    first
        Places of images that come first whatever they look like: those that are prompted.
    """
    models = [thumbnail(seed) for seed in seeds]
    ranked = []
    for place, frame in enumerate(frames):
        values = [normalised_cross_correlation(thumbnail(frame), model) for model in models]
        ranked.append(Ranked(place, max((value for value in values if not math.isnan(value)), default=None)))
    return sorted(ranked, key=lambda it: (it.place not in first, math.inf if it.similarity is None else -it.similarity))
