"""Every view by name."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from bench_cases.phantoms.scenes._head import brain, breast, hippocampus, spine
from bench_cases.phantoms.scenes._scene import Scene
from bench_cases.phantoms.scenes._torso import torso
from bench_cases.phantoms.scenes._us_views import NAMES, ultrasound

View = Callable[[int, tuple[int, int, int], Sequence[str]], Scene]

VIEWS: Mapping[str, View] = MappingProxyType(
    {
        "chest": functools.partial(torso, floor_mm=-75, ceiling_mm=None),
        "abdomen": functools.partial(torso, floor_mm=-165, ceiling_mm=15),
        "trunk": functools.partial(torso, floor_mm=-415, ceiling_mm=15),
        "pelvis": functools.partial(torso, floor_mm=-430, ceiling_mm=-320),
        "hips": functools.partial(torso, floor_mm=-520, ceiling_mm=-200),
        "body": functools.partial(torso, floor_mm=-430, ceiling_mm=None, hot_spots=5),
        "brain": brain,
        "hippocampus": hippocampus,
        "spine": spine,
        "breast": breast,
        **{name: functools.partial(ultrasound, name) for name in NAMES},
    }
)


def draw(view: str, seed: int, shape_zyx: tuple[int, int, int], contrasts: Sequence[str]) -> Scene:
    """Draw a view; the same seed, shape and contrasts give the same voxels in every call and process.

    Raises
    ------
    KeyError
        For a view that does not exist: a programming error.

    Examples
    --------
    >>> scene = draw("us_nerve", 1, (1, 48, 64), ["us"])
    >>> scene.contrasts["us"].shape, sorted(scene.organs)
    ((1, 48, 64), ['nerve'])
    """
    return VIEWS[view](seed, shape_zyx, contrasts)
