"""From what was typed, a dataset's name or a folder, to the dataset and its target."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from bench_cases import registry
from bench_cases.contracts import Dataset
from bench_cases.datasets.folder import FolderDataset, folder_name
from bench_cases.errors import SelectionError


class Named(NamedTuple):
    """A dataset, the target that was asked for (None: its first), and a volume if one was named.

    `place` is the folder or description of the user's own scans; None for a dataset with a name.
    """

    dataset: Dataset
    target: str | None
    volume: str | None
    place: Path | None = None


def resolve(text: str) -> Named:
    """Read ``NAME``, ``NAME:TARGET``, ``NAME/VOLUME``, and for NAME a folder with a ``dataset.toml`` or such a file.

    Raises
    ------
    SelectionError
        For a name that is no dataset, a target that a folder does not have, and for a dataset that is not on disk, with
        the command that fetches it.
    ConfigError
        For a folder whose description is absent or does not fit.
    """
    place, target = _without_target(text)
    folder, volume = _folder(place)
    if folder is not None:
        dataset = FolderDataset.from_directory(folder_name(folder), folder)
        if target and dataset.info.labels_of(target) is None:
            raise SelectionError(registry.unknown(f"target of {dataset.name}", target, dataset.info.targets))
        named = Named(dataset, target or None, volume, folder)
    else:
        head, _, volume_id = text.partition("/")
        name, _, target = head.partition(":")
        known = registry.datasets()
        if name not in known:
            raise SelectionError(registry.unknown("dataset or folder", name, known))
        named = Named(known[name], target or None, volume_id or None)
    absent = named.dataset.missing()
    if absent is not None:
        msg = f"{absent}. Expected it on disk."
        raise SelectionError(msg)
    return named


def _without_target(text: str) -> tuple[str, str]:
    """Take the target out of what was typed, where a described folder stands before it; else leave all as it is."""
    place, colon, rest = text.rpartition(":")
    target, slash, volume = rest.partition("/")
    path = Path(place).expanduser()
    described = path.is_file() if path.suffix == ".toml" else (path / "dataset.toml").is_file()
    if colon and described and not Path(text).expanduser().exists():
        return f"{place}{slash}{volume}", target
    return text, ""


def _folder(text: str) -> tuple[Path | None, str | None]:
    """Find a folder or description in what was typed; what follows a folder that has one is a volume."""
    path = Path(text).expanduser()
    if path.is_dir() or path.suffix == ".toml":
        owner = path if path.suffix == ".toml" or (path / "dataset.toml").is_file() else path.parent
        if owner != path and (owner / "dataset.toml").is_file():
            return owner, path.name
        return path, None
    if "/" in text and (path.parent / "dataset.toml").is_file():
        return path.parent, path.name
    if path.parent.suffix == ".toml" and path.parent.is_file():
        return path.parent, path.name
    return None, None
