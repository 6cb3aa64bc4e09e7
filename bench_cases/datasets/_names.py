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
    """Resolve a target's name (default: the first), or several joined by ``+``, to itself and its label ids.

    Raises
    ------
    SelectionError
        For a target that the dataset does not have.

    Examples
    --------
    >>> target_labels("chaos-mr", "spleen+liver", {"liver": (1,), "spleen": (4,)})
    ('spleen+liver', (4, 1))
    """
    name = next(iter(targets)) if target is None else target
    parts = name.split("+")
    for part in parts:
        if part not in targets:
            choices = list(targets)
            listed = ", ".join(choices[:24]) + (f", ... ({len(choices)} in all)" if len(choices) > 24 else "")
            msg = f"{dataset} has no target {part!r}; expected one of {listed}.{nearest(part, choices)}"
            raise SelectionError(msg)
    return name, tuple(dict.fromkeys(label for part in parts for label in targets[part]))


def selected_name(dataset: str, target: str | None) -> str:
    """Name of the dataset as selected: with its target when one was asked for.

    >>> selected_name("coronacases", "infection")
    'coronacases:infection'
    """
    return dataset if target is None else f"{dataset}:{target}"
