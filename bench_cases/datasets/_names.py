"""Checking names of volumes and targets, with the nearest name where one was mistyped."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from bench_cases.errors import SelectionError


def nearest(given: str, choices: Sequence[str]) -> str:
    """Word the hint at the nearest choice; empty if none is near.

    >>> nearest("lung", ["lungs", "infection"])
    " Did you mean 'lungs'?"
    """
    near = difflib.get_close_matches(given, choices, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""


def check_volume(dataset: str, volume_id: str, volume_ids: Sequence[str]) -> None:
    """Raise `SelectionError` unless `volume_id` is one of `volume_ids`."""
    if volume_id not in volume_ids:
        listed = ", ".join(volume_ids[:12]) + (", ..." if len(volume_ids) > 12 else "")
        hint = nearest(volume_id, volume_ids)
        msg = f"{dataset} has no volume {volume_id!r}; expected one of {listed or 'none on disk'}.{hint}"
        raise SelectionError(msg)


def target_labels(
    dataset: str, target: str | None, targets: Mapping[str, tuple[int, ...]]
) -> tuple[str, tuple[int, ...]]:
    """Resolve a target's name (default: the first) to itself and its label ids.

    Raises
    ------
    SelectionError
        For a target that the dataset does not have.
    """
    name = next(iter(targets)) if target is None else target
    if name not in targets:
        choices = list(targets)
        msg = f"{dataset} has no target {name!r}; expected one of {', '.join(choices)}.{nearest(name, choices)}"
        raise SelectionError(msg)
    return name, targets[name]


def selected_name(dataset: str, target: str | None) -> str:
    """Name of the dataset as selected: with its target when one was asked for.

    >>> selected_name("coronacases", "infection")
    'coronacases:infection'
    """
    return dataset if target is None else f"{dataset}:{target}"
