"""From what was typed, a dataset's name or a folder, to the dataset and its target."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from bench_cases import registry
from bench_cases.contracts import Dataset
from bench_cases.datasets.folder import FolderDataset, folder_name
from bench_cases.errors import SelectionError


class Named(NamedTuple):
    """A dataset, the target that was asked for (None: its first), and a volume if one was named."""

    dataset: Dataset
    target: str | None
    volume: str | None


def resolve(text: str) -> Named:
    """Read ``NAME``, ``NAME:TARGET``, ``NAME/VOLUME``, a folder with a ``dataset.toml`` or such a file.

    Raises
    ------
    SelectionError
        For a name that is no dataset, and for a dataset that is not on disk, with the command that fetches it.
    ConfigError
        For a folder whose description is absent or does not fit.
    """
    folder, volume = _folder(text)
    if folder is not None:
        named = Named(FolderDataset.from_directory(folder_name(folder), folder), None, volume)
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
