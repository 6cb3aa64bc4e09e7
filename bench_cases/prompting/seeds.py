"""Which slices of a volume carry the prompts of a one-prompt strategy."""

from __future__ import annotations

from typing import Final

import numpy as np

from bench_cases.errors import StrategyError
from bench_cases.volume import Volume

NUMBERED: Final = "slice="
"""Start of the seeds that name a slice by its index in the source file."""


def three_slices(nonempty: list[int]) -> tuple[int, ...]:
    """Return the three uniformly spread slices of Dong et al. 2024, or as many as there are.

    Every ``max(1, n // 4)``-th of the `n` slices with the target is taken. When more than four were taken, the second
    to the fourth are used, else the first three.

    >>> three_slices(list(range(10, 30)))
    (10, 15, 20)
    >>> three_slices([3, 4, 5, 6]), three_slices([3, 4])
    ((3, 4, 5), (3, 4))
    """
    taken = nonempty[:: max(1, len(nonempty) // 4)]
    return tuple(taken[1:4] if len(taken) > 4 else taken[:3])


def seed_slices(seed: str, volume: Volume) -> tuple[int, ...]:
    """Return the slices of a volume, as held, that a seed prompts, in ascending order.

    Parameters
    ----------
    seed
        ``middle``: slice ``n // 2`` of all slices (Gutiérrez et al. 2025). Of the slices with the target (Dong et al.
        2024): ``centre`` the middle one, ``edge`` the first, ``largest`` the one with most of it (the first on ties),
        ``three`` those of `three_slices`. ``slice=N``: index in the source file, however few slices are read of it.

    Raises
    ------
    StrategyError
        When such a slice is not there, or carries none of the target.
    """
    nonempty = [int(z) for z in volume.nonempty_slices()]
    if seed in {"centre", "edge", "largest", "three"} and nonempty:
        areas = [int(volume.reference_zyx[z].sum()) for z in nonempty]
        return {
            "centre": (nonempty[len(nonempty) // 2],),
            "edge": (nonempty[0],),
            "largest": (nonempty[int(np.argmax(areas))],),
            "three": three_slices(nonempty),
        }[seed]
    offset, count = volume.slice_offset, volume.n_slices
    at = int(seed.removeprefix(NUMBERED)) - offset if seed.startswith(NUMBERED) else count // 2
    if at in nonempty:
        return (at,)
    kind = "slice" if volume.ordered else "image"
    where = {"middle": f"the middle {kind}, {at + offset} of {volume.source_slices}"}.get(seed, f"'{seed}'")
    lack = (
        f"which carries no {volume.target}"
        if 0 <= at < count
        else f"and slices {offset} to {offset + count - 1} are held"
    )
    msg = f"prompts {where}, {lack}; expected some {volume.target}, and {_what_to_do(seed, volume, nonempty)}"
    raise StrategyError(msg)


def _what_to_do(seed: str, volume: Volume, nonempty: list[int]) -> str:
    """Say where the target is, and what to do about a seed that is elsewhere."""
    kind, whose = "slice" if volume.ordered else "image", f"{volume.dataset}/{volume.id}"
    limited = volume.n_slices < volume.source_slices
    if nonempty:
        first, last = nonempty[0] + volume.slice_offset, nonempty[-1] + volume.slice_offset
        of = f"of what is read of {whose}" if limited else f"of {whose}"
        shown = f"{kind} {first} {of} carries it" if first == last else f"{kind}s {first} to {last} {of} carry it"
        return f"{shown}. Name a seed that is where the target is, 'largest' or 'centre' in place of '{seed}'."
    if limited:
        return f"nothing that is read of {whose} carries it. Read more of it: a larger --sam-limit-slices, or none."
    return f"no {kind} of {whose} carries it. Check its labels, or leave the volume out."
