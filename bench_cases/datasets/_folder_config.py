"""Reading ``dataset.toml``: every key, its type, its default, and a message for whatever does not fit."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from bench_cases.datasets._files import Choice, Orientation
from bench_cases.datasets._files._choice import PLAIN
from bench_cases.datasets._folder_targets import CLASS, read_targets
from bench_cases.datasets._folder_values import EXAMPLE, Values
from bench_cases.datasets._names import nearest
from bench_cases.errors import ConfigError
from bench_cases.toml_file import read_toml
from bench_cases.volume import Scaling, Window

FILE_NAME = "dataset.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderConfig:
    """A ``dataset.toml``.

    Parameters
    ----------
    modality
        For instance ``"CT"``.
    targets
        Target name to label ids, the first is the default; ids are empty where voxels are chosen by `threshold` or
        by not being 0. In the file: ``target`` with ``labels``, a table ``[targets]``, or a table ``[colours]``
        (``tumour = "#ff0000"``) for masks whose labels are colours.
    classes
        Target name to names of class files, for masks with ``{class}``: ``targets = {kidneys = ["kidney_left",
        "kidney_right"]}``.
    image
        Pattern of the image files below the folder, with ``{id}``; or of folders, with a DICOM series or one picture
        a slice in each.
    masks
        Patterns of the mask files or folders, with ``{id}``; ``*`` matches any part of a name.
    threshold
        Mask voxels above it are the target.
    image_choice, mask_choice
        Which volume of a file that holds several. In the file: ``frame``, ``channel``, ``slices_are_channels``,
        ``colour`` (``"refuse"`` or ``"luminance"``) for the image; ``mask_frame``, ``mask_channel``,
        ``mask_slices_are_channels``, ``mask_colour`` (``"refuse"`` or ``"index"``, for palettes) for the masks.
    orientation
        ``"stored"`` as in the file, ``"radiological"`` upright; see `bench_cases.datasets._files.oriented`.
    window, scaling, ordered, affine_trusted
        As in `bench_cases.volume.Volume`.
    stack
        All images, of equal size, become one volume named ``stack`` (for unordered sets).
    volumes, exclude
        Ids in the order wanted (default: all, in natural order), and ids to leave out.
    root
        Folder of the data, relative to the file's own; for folders that cannot be written to.
    """

    modality: str
    targets: Mapping[str, tuple[int, ...]]
    image: str
    masks: tuple[str, ...]
    classes: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    threshold: float | None = None
    image_choice: Choice = PLAIN
    mask_choice: Choice = PLAIN
    orientation: Orientation = "stored"
    window: Window | None = None
    scaling: Scaling = "slice"
    ordered: bool = True
    stack: bool = False
    affine_trusted: bool = True
    title: str = ""
    licence: str = "not stated"
    citation: str = "not stated"
    volumes: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    root: str | None = None


KEYS = (
    *("modality", "target", "labels", "targets", "colours", "image", "mask", "threshold"),
    *("frame", "channel", "slices_are_channels", "colour"),
    *("mask_frame", "mask_channel", "mask_slices_are_channels", "mask_colour"),
    *("orientation", "window", "scaling", "ordered", "stack", "affine_trusted"),
    *("title", "licence", "citation", "volumes", "exclude", "root"),
)
"""Every key that a ``dataset.toml`` may have."""


def read_config(path: Path, typed: Path | None = None) -> FolderConfig:
    """Read and check a ``dataset.toml``.

    Parameters
    ----------
    typed
        The path as the user gave it, for messages: what they name must be found from where the user is. A description
        is read before anything is run, so that no message stands in a report.

    Raises
    ------
    ConfigError
        For a file that is absent (with an example), no TOML, or has unknown, missing or ill-typed keys.
    """
    shown = str(path if typed is None else typed)
    try:
        table = read_toml(path)
    except FileNotFoundError as error:
        msg = (
            f"There is no {shown}; expected a description of the folder. `sambench describe "
            f"{shlex.quote(str(Path(shown).parent))}` proposes one; or write it, for instance:\n\n{EXAMPLE}"
        )
        raise ConfigError(msg) from error
    except (OSError, ValueError) as error:
        msg = f"{shown} cannot be read ({error}); expected TOML. Correct it; an example:\n\n{EXAMPLE}"
        raise ConfigError(msg) from error
    return parse_config(table, shown)


def parse_config(table: Mapping[str, Any], shown: str = FILE_NAME) -> FolderConfig:
    """Check a table of settings; `shown` is the file's name in messages."""
    for key in table:
        if key not in KEYS:
            msg = f"{shown}: unknown key {key!r}; expected one of {', '.join(KEYS)}.{nearest(key, KEYS)}"
            raise ConfigError(msg)
    get = Values(table, shown)
    ordered, stack = get.flag("ordered", default=True), get.flag("stack", default=False)
    if stack and ordered:
        raise get.wrong("stack", "stacked images are not slices of one body; expected ordered = false beside it")
    image, masks = get.pattern("image", get.text("image")), tuple(get.pattern("mask", m) for m in get.texts("mask"))
    if image in masks:
        raise get.wrong("mask", "it is the image itself; expected a file of labels")
    if CLASS in image:
        raise get.wrong("image", f"expected a path without {CLASS}, which is for masks")
    orientation = get.one_of("orientation", "stored", "radiological")
    trusted = get.flag("affine_trusted", default=True)
    if orientation == "radiological" and not trusted:
        raise get.wrong("orientation", 'it needs an affine that can be trusted; expected "stored"')
    targets = read_targets(get, masks)
    return FolderConfig(
        modality=get.text("modality"),
        targets=MappingProxyType(targets.labels),
        classes=MappingProxyType(targets.classes),
        image=image,
        masks=masks,
        threshold=get.number("threshold", "expected a number in the mask's own values"),
        image_choice=_image_choice(get),
        mask_choice=_mask_choice(get),
        orientation="radiological" if orientation == "radiological" else "stored",
        window=get.window(),
        scaling="volume" if get.one_of("scaling", "slice", "volume") == "volume" else "slice",
        ordered=ordered,
        stack=stack,
        affine_trusted=trusted,
        title=get.text("title", ""),
        licence=get.text("licence", "not stated"),
        citation=get.text("citation", "not stated"),
        volumes=get.texts("volumes", ()),
        exclude=get.texts("exclude", ()),
        root=get.text("root", "") or None,
    )


def _image_choice(get: Values) -> Choice:
    return Choice(
        frame=get.index("frame"),
        channel=get.index("channel"),
        slices_are_channels=get.flag("slices_are_channels", default=False),
        colour="luminance" if get.one_of("colour", "refuse", "luminance") == "luminance" else "refuse",
    )


def _mask_choice(get: Values) -> Choice:
    use = get.one_of("mask_colour", "refuse", "index")
    if "colours" in get.table and "mask_colour" in get.table:
        raise get.wrong("mask_colour", "it contradicts colours; expected one of them. Take the other out")
    return Choice(
        frame=get.index("mask_frame"),
        channel=get.index("mask_channel"),
        slices_are_channels=get.flag("mask_slices_are_channels", default=False),
        colour="packed" if "colours" in get.table else "index" if use == "index" else "refuse",
    )
