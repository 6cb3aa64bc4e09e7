"""What architecture is this? Told from a folder's description, or from the names and shapes of a file's weights."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from bench_cases.errors import CheckpointError, SelectionError
from bench_cases.models._recognise import recognise


class Guess(NamedTuple):
    """An architecture, or None and what was seen instead, for a message."""

    arch: str | None
    looks: str


def arch_of(path: Path) -> Guess:
    """Return the architecture of a file or folder.

    Raises
    ------
    SelectionError
        When the file is damaged or no checkpoint at all.
    """
    try:
        if path.is_dir():
            return _of_folder(path)
        return _of_shapes(_shapes(path))
    except CheckpointError as error:
        raise SelectionError(str(error)) from error


def _of_folder(folder: Path) -> Guess:
    from bench_cases.models._hf_families import MODEL_TYPES
    from bench_cases.models._hf_folder import describe_folder

    kind = str(describe_folder(folder).get("model_type"))
    near = difflib.get_close_matches(kind, MODEL_TYPES, n=1)
    hint = f", which is near {near[0]!r}" if near else ""
    return Guess(MODEL_TYPES.get(kind), f"its config.json names the model type {kind!r}{hint}")


def _of_shapes(shapes: Mapping[str, tuple[int, ...]]) -> Guess:
    arch = recognise(shapes)
    if arch is not None:
        return Guess(arch, "")
    from bench_cases.models.micro.architectures import build_sam2_micro, build_sam_micro

    # The micro models are ours: their names and shapes are compared, since no rule is written down for them.
    for name, build in (("sam2_micro", build_sam2_micro), ("sam_micro", build_sam_micro)):
        if {key: tuple(value.shape) for key, value in build().state_dict().items()} == shapes:
            return Guess(name, "")
    if any(key.startswith("vision_encoder.") for key in shapes):
        return Guess(None, "its keys are those of transformers: give the folder, with its config.json")
    first = ", ".join(list(shapes)[:3])
    return Guess(None, f"{len(shapes)} keys, first {first}")


def _shapes(path: Path) -> dict[str, tuple[int, ...]]:
    from bench_cases.models._weights import read_state

    return {key: tuple(value.shape) for key, value in read_state(path).items()}
