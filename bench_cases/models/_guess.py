"""What architecture is this? Told from a folder's description, or from the names and shapes of a file's weights."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from bench_cases.errors import CheckpointError, SelectionError
from bench_cases.models._recognise import recognise, within, without_wrapper, wrappers

_MOST: Final = 0.5
"""An architecture is near when it has more than this share of the weights."""


class Guess(NamedTuple):
    """An architecture, or None and what was seen instead, for a message, with the nearest if there is one."""

    arch: str | None
    looks: str
    near: str = ""


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
    inner = without_wrapper(shapes)
    arch = recognise(inner) or next((name for name, share in _micro_shares(inner) if share == 1), None)
    if arch is not None:
        return Guess(arch, "")
    if any(key.startswith("vision_encoder.") for key in shapes):
        return Guess(None, "its keys are those of transformers: give the folder, with its config.json")
    return _near(shapes) or Guess(None, f"{len(shapes)} keys, first {_first(shapes)}")


def _micro_shares(shapes: Mapping[str, tuple[int, ...]]) -> Iterator[tuple[str, float]]:
    """Yield the micro models, each with the share of names and shapes that are its own and no others.

    They are ours: their weights are compared one by one, since no rule is written down for them.
    """
    from bench_cases.models.micro.architectures import build_sam2_micro, build_sam_micro

    for name, build in (("sam2_micro", build_sam2_micro), ("sam_micro", build_sam_micro)):
        own = {key: tuple(value.shape) for key, value in build().state_dict().items()}
        yield name, sum(shapes.get(key) == shape for key, shape in own.items()) / len({*own, *shapes})


def _near(shapes: Mapping[str, tuple[int, ...]]) -> Guess | None:
    """Name the architecture that most of the weights are of, and what is too many, or None."""
    for wrapper in wrappers(shapes):
        inner = within(shapes, wrapper)
        arch = recognise(inner) or next((name for name, share in _micro_shares(inner) if share > _MOST), None)
        if arch is not None:
            others = [key for key in shapes if not key.startswith(wrapper)]
            more = f"the other {len(others)}, first {_first(others)}, are too many" if others else "no others"
            return Guess(None, f"{len(inner)} keys under {wrapper!r} are near {arch!r}, {more}: save those alone", arch)
    arch, share = max(_micro_shares(shapes), key=lambda it: it[1])
    if share > _MOST:
        return Guess(None, f"{share:.0%} of its keys are those of {arch!r}", arch)
    return None


def _first(keys: Iterable[str]) -> str:
    return ", ".join(list(keys)[:3])


def _shapes(path: Path) -> dict[str, tuple[int, ...]]:
    from bench_cases.models._weights import read_state

    return {key: tuple(value.shape) for key, value in read_state(path).items()}
