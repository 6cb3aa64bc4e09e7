"""Targets of a set from a list of its organs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


def organs(*names: str, joined: Mapping[str, tuple[str, ...]] | None = None) -> Mapping[str, tuple[int, ...]]:
    """Number organs from 1 in the order given, and add targets that join several.

    >>> organs("liver", "kidney_right", "kidney_left", joined={"kidneys": ("kidney_right", "kidney_left")})["kidneys"]
    (2, 3)
    """
    ids = {name: (number,) for number, name in enumerate(names, start=1)}
    groups = {name: tuple(ids[part][0] for part in parts) for name, parts in (joined or {}).items()}
    return MappingProxyType({**ids, **groups})


def first(target: str, targets: Mapping[str, tuple[int, ...]]) -> Mapping[str, tuple[int, ...]]:
    """Put one target in front: the first is what is segmented where none is named."""
    return MappingProxyType({target: targets[target], **targets})
