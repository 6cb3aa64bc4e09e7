"""Reading ``dataset.toml``: every key, its type, its default, and a message for whatever does not fit."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bench_cases.datasets._names import nearest
from bench_cases.errors import ConfigError
from bench_cases.volume import Scaling, Window

FILE_NAME = "dataset.toml"

EXAMPLE = """\
modality = "CT"
target = "lungs"
image = "{id}/image.nii.gz"      # {id} stands for the name of a volume
mask = "{id}/mask.nii.gz"        # or a list of masks that are joined, or a pattern such as "{id}/mask*.png"
labels = [1, 2]                  # ids in the mask that make up the target; or threshold = 127 for soft masks
window = {level = -650, width = 1500}   # leave out where no window is needed
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderConfig:
    """A ``dataset.toml``.

    Parameters
    ----------
    modality
        For instance ``"CT"``.
    targets
        Target name to label ids, the first is the default; ids are empty where voxels are chosen by `threshold` or
        by not being 0. In the file: ``target`` with ``labels``, or a table ``[targets]``.
    image
        Pattern of the image files below the folder, with ``{id}``.
    masks
        Patterns of the mask files, with ``{id}``; ``*`` matches any part of a name.
    threshold
        Mask voxels above it are the target.
    window, scaling, ordered, affine_trusted
        As in `bench_cases.volume.Volume`.
    stack
        All images, of equal size, become one volume named ``stack`` (for unordered sets).
    luminance
        Take colour images as grey; in the file ``colour = "luminance"`` (default ``"refuse"``).
    volumes, exclude
        Ids in the order wanted (default: all, in natural order), and ids to leave out.
    root
        Folder of the data, relative to the file's own; for folders that cannot be written to.
    """

    modality: str
    targets: Mapping[str, tuple[int, ...]]
    image: str
    masks: tuple[str, ...]
    threshold: float | None = None
    window: Window | None = None
    scaling: Scaling = "slice"
    ordered: bool = True
    stack: bool = False
    luminance: bool = False
    affine_trusted: bool = True
    title: str = ""
    licence: str = "not stated"
    citation: str = "not stated"
    volumes: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    root: str | None = None


_FIELDS = [field for field in FolderConfig.__dataclass_fields__ if field not in {"masks", "luminance"}]
_KEYS = (*_FIELDS, "target", "labels", "mask", "colour")


def read_config(path: Path) -> FolderConfig:
    """Read and check a ``dataset.toml``.

    Raises
    ------
    ConfigError
        For a file that is absent (with an example), no TOML, or has unknown, missing or ill-typed keys.
    """
    shown = "/".join(path.parts[-2:])
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        msg = f"There is no {shown}; expected a description of the folder. Write one, for instance:\n\n{EXAMPLE}"
        raise ConfigError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        msg = f"{shown} cannot be read ({error}); expected TOML. Correct it; an example:\n\n{EXAMPLE}"
        raise ConfigError(msg) from error
    return parse_config(table, shown)


def parse_config(table: Mapping[str, Any], shown: str = FILE_NAME) -> FolderConfig:
    """Check a table of settings; `shown` is the file's name in messages."""
    for key in table:
        if key not in _KEYS:
            msg = f"{shown}: unknown key {key!r}; expected one of {', '.join(_KEYS)}.{nearest(key, _KEYS)}"
            raise ConfigError(msg)
    get = _Getter(table, shown)
    scaling = get.text("scaling", "slice")
    if scaling not in {"slice", "volume"}:
        raise get.wrong("scaling", 'expected "slice" or "volume"')
    colour = get.text("colour", "refuse")
    if colour not in {"refuse", "luminance"}:
        raise get.wrong("colour", 'expected "refuse" or "luminance"')
    ordered, stack = get.flag("ordered", default=True), get.flag("stack", default=False)
    if stack and ordered:
        raise get.wrong("stack", "stacked images are not slices of one body; expected ordered = false beside it")
    threshold = table.get("threshold")
    if threshold is not None and (isinstance(threshold, bool) or not isinstance(threshold, int | float)):
        raise get.wrong("threshold", "expected a number in the mask's own values")
    image, masks = get.pattern("image", get.text("image")), tuple(get.pattern("mask", m) for m in get.texts("mask"))
    if image in masks:
        raise get.wrong("mask", "it is the image itself; expected a file of labels")
    return FolderConfig(
        modality=get.text("modality"),
        targets=MappingProxyType(_targets(get)),
        image=image,
        masks=masks,
        threshold=None if threshold is None else float(threshold),
        window=_window(get),
        scaling="volume" if scaling == "volume" else "slice",
        ordered=ordered,
        stack=stack,
        luminance=colour == "luminance",
        affine_trusted=get.flag("affine_trusted", default=True),
        title=get.text("title", ""),
        licence=get.text("licence", "not stated"),
        citation=get.text("citation", "not stated"),
        volumes=get.texts("volumes", ()),
        exclude=get.texts("exclude", ()),
        root=get.text("root", "") or None,
    )


def _targets(get: _Getter) -> dict[str, tuple[int, ...]]:
    """Targets and their ids from ``target`` and ``labels``, or from ``[targets]``."""
    table = get.table
    if "threshold" in table and ("labels" in table or "targets" in table):
        raise get.wrong("threshold", "it contradicts labels; expected one of them. Take the other out")
    if "targets" not in table:
        return {get.name("target", get.text("target")): get.labels("labels", table.get("labels", []))}
    if "target" in table or "labels" in table:
        raise get.wrong("targets", "it contradicts target and labels; expected either. Take the others out")
    targets = table["targets"]
    if not isinstance(targets, dict) or not targets:
        raise get.wrong("targets", "expected a table such as {liver = [1], spleen = [4]}")
    return {get.name("targets", name): get.labels("targets", ids) for name, ids in targets.items()}


def _window(get: _Getter) -> Window | None:
    window = get.table.get("window")
    if window is None:
        return None
    table = window if isinstance(window, dict) else {}
    numbers = {
        key: float(value) for key, value in table.items() if isinstance(value, int | float) and value is not True
    }
    if len(table) != 2 or set(numbers) != {"level", "width"} or numbers["width"] <= 0:
        raise get.wrong("window", "expected {level = -650, width = 1500} with a positive width")
    return Window(level=numbers["level"], width=numbers["width"])


class _Getter:
    """Typed access to a table; each failure names file, key, value and what was expected."""

    def __init__(self, table: Mapping[str, Any], shown: str) -> None:
        self.table = table
        self.shown = shown

    def wrong(self, key: str, expected: str) -> ConfigError:
        """Word the error at a key."""
        value = f"{key} = {self.table[key]!r}" if key in self.table else f"{key} is missing"
        return ConfigError(f"{self.shown}: {value}; {expected}. An example:\n\n{EXAMPLE}")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a string that is not empty."""
        value = self.table.get(key, default)
        if not isinstance(value, str) or (not value and default is None):
            raise self.wrong(key, "expected a text in quotes")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.table.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "expected true or false")
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return a list of strings; a single string is a list of one."""
        value = self.table.get(key, default)
        values = (value,) if isinstance(value, str) else value
        if not isinstance(values, list | tuple) or not all(isinstance(each, str) and each for each in values):
            raise self.wrong(key, "expected a text in quotes or a list of them")
        if not values and default is None:
            raise self.wrong(key, "expected at least one")
        return tuple(values)

    def pattern(self, key: str, value: str) -> str:
        """Return a pattern of file names that has ``{id}`` and stays below the folder."""
        parts = value.replace("\\", "/").split("/")
        if "{id}" not in value or ".." in parts or parts[0] == "" or ":" in parts[0]:
            raise self.wrong(key, 'expected a path below the folder with {id} in it, such as "{id}/image.nii.gz"')
        if key == "image" and "*" in value:
            raise self.wrong(key, "expected a path without *, because a volume has one image")
        return "/".join(parts)

    def name(self, key: str, value: str) -> str:
        """Return a target's name that can be part of a test id."""
        if not value.replace("_", "").replace("-", "").isalnum() or not value.isascii():
            raise self.wrong(key, "expected a name of letters, digits, - and _")
        return value

    def labels(self, key: str, value: Any) -> tuple[int, ...]:
        """Return label ids, positive and each once."""
        plain = isinstance(value, list) and all(isinstance(each, int) and not isinstance(each, bool) for each in value)
        if not plain or any(each < 1 for each in value) or len(set(value)) != len(value):
            raise self.wrong(key, "expected a list of positive whole numbers, each once, such as [1, 2]")
        if key == "targets" and not value:
            raise self.wrong(key, "expected at least one label for each target")
        return tuple(value)
