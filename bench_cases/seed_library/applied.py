"""A seed applied to a volume: what is written down, and where the two differ so that the prompt may mislead.

Nothing is done about a difference: the stored frame goes in as it is, 8 bits as they were prepared, and the model
scales it to its own input as it does the volume's slices.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from bench_cases.cases import CaseResult
from bench_cases.seed_library._record import provenance
from bench_cases.seed_library.seed import Seed
from bench_cases.volume import Volume, Window

_SHAPES_APART: Final = 1.25
"""Aspect ratios or fields of view that differ by more than this factor are worth a warning."""


def differences_from_set(seed: Seed, *, modality: str, targets: tuple[str, ...], phantom: bool) -> list[str]:
    """Return where a seed differs from what is known of a dataset, one line each."""
    lines = []
    if seed.modality.casefold() != modality.casefold():
        lines.append(f"the seed is {seed.modality}, the volume {modality}: the same grey is other tissue in the two")
    if seed.target not in targets:
        lines.append(f"the seed prompts {seed.target}, and what is scored is {' or '.join(targets)}")
    if seed.source.phantom != phantom:
        kinds = {True: "a phantom", False: "a real scan"}
        lines.append(f"the seed is {kinds[seed.source.phantom]}, the volume {kinds[phantom]}")
    return lines


def differences(seed: Seed, volume: Volume) -> list[str]:
    """Return where a seed and a volume differ, one line each; empty when nothing is known against the seed."""
    lines = differences_from_set(seed, modality=volume.modality, targets=(volume.target,), phantom=volume.phantom)
    if seed.window != volume.window:
        windows = f"the seed's frame was made with {_window(seed.window)}, the volume's with {_window(volume.window)}"
        lines.append(f"{windows}: the same grey is another value in the two")
    if seed.scaling != volume.scaling:
        lines.append(f"the seed's grey values were stretched by {seed.scaling}, the volume's are by {volume.scaling}")
    (height, width), (rows, columns) = seed.size_yx, volume.size_yx
    if _apart(height / width, rows / columns):
        lines.append(
            f"the seed's frame is {height} x {width} pixels, the volume's {rows} x {columns}: both are brought to the "
            "model's input, so that the structure changes its proportions"
        )
    lines.extend(_field_of_view(seed, volume))
    return lines


def _field_of_view(seed: Seed, volume: Volume) -> list[str]:
    if seed.spacing_zyx_mm is None or volume.spacing_zyx_mm is None:
        return []
    shown = seed.size_yx[0] * seed.spacing_zyx_mm[1], volume.size_yx[0] * volume.spacing_zyx_mm[1]
    if not _apart(*shown):
        return []
    line = (
        f"the seed's frame shows {shown[0]:.0f} mm from top to bottom, the volume's {shown[1]:.0f} mm: the structure "
        "appears at another size"
    )
    return [line]


def _apart(one: float, other: float) -> bool:
    return max(one, other) > _SHAPES_APART * min(one, other)


def _window(window: Window | None) -> str:
    return "no window" if window is None else f"window {window.level:g}/{window.width:g} (level/width)"


def record(seed: Seed, volume: Volume) -> dict[str, Any]:
    """Return what a report says of a stored seed that was used on a volume: hash, provenance and warnings."""
    return {**provenance(seed), "sha256": seed.digest(), "warnings": differences(seed, volume)}


def seed_warnings(results: Iterable[CaseResult]) -> list[str]:
    """Return one line for each thing in which a stored seed and the volumes it was used on differ."""
    seen: dict[tuple[str, str, str], set[str]] = {}
    for result in results:
        library = result.details.get("seed", {}).get("library", {})
        for line in library.get("warnings", ()):
            seen.setdefault((library["name"], result.case.dataset, line), set()).add(result.case.volume)
    return [
        f"seed {name!r} on {dataset} ({len(volumes)} volume{'s' if len(volumes) > 1 else ''}): {line}"
        for (name, dataset, line), volumes in seen.items()
    ]
