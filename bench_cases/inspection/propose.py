"""A ``dataset.toml`` for a folder, ready to edit, with what was found as comments."""

from __future__ import annotations

import json
import re
import tomllib
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from bench_cases.datasets._folder_config import parse_config
from bench_cases.datasets.folder import FolderDataset
from bench_cases.errors import ConfigError
from bench_cases.inspection.checks import check_dataset
from bench_cases.inspection.contents import Contents, look_into
from bench_cases.inspection.first_volume import prompted_by_the_first, volumes_line
from bench_cases.inspection.layout import LayoutFound, find_layout, units

_CODES = {"CT": "CT", "MR": "MR", "US": "US", "PT": "PET", "CR": "X-ray", "DX": "X-ray", "MG": "X-ray", "XA": "X-ray"}
_WORDS = {
    "X-ray": r"x-?rays?|cxr|radiographs?",
    "US": r"us|ultrasound|sono\w*|busi|hc18",
    "MR": r"mri?|t1\w*|t2\w*|flair",
    "PET": r"pet",
    "CT": r"ct",
}
_LUNG = "{level = -650, width = 1500}   # lungs"
_SOFT = "{level = 40, width = 400}   # soft tissue"
_MOST_LISTED = 12


def propose(folder: Path, *, most: int = 20) -> str:
    """Look at a folder and return the text of a ``dataset.toml``.

    Parameters
    ----------
    most
        Volumes to read; names are all looked at.

    Raises
    ------
    ConfigError
        When there is no image in it.
    """
    if not folder.is_dir():
        msg = f"there is no folder {folder}; expected one with scans. Check the path."
        raise ConfigError(msg)
    layout = find_layout(units(folder))
    if layout is None:
        msg = (
            f"no image was found in {folder.name or folder}; expected NIfTI, MetaImage, NRRD, DICOM or pictures, whose "
            "names (or folders) do not say mask, label or segmentation. Name another folder."
        )
        raise ConfigError(msg)
    contents = look_into(folder, layout, most=most)
    modality = guess_modality(folder, layout, contents)
    comments, settings, table = _meaning(layout, contents)
    lines = [
        f"# {folder.resolve().name}: {_volumes(len(layout.ids))} found, {contents.read} read. Look it over, then:",
        f"#   sambench check {folder}   and   sambench show {folder}",
        f"modality = {_quoted(modality or 'unknown')}"
        + ("" if modality else "   # could not be told; write CT, MR, ..."),
        f"image = {_quoted(layout.image)}",
        _masks_line(layout),
        *(
            f"# left out, as only {count} of {_volumes(len(layout.ids))} has it: {_quoted(mask)}"
            for mask, count in layout.some_have.items()
        ),
        *comments,
        *settings,
        *(
            [f"window = {_window(contents)}"]
            if modality == "CT"
            else ["# no window: grey values are stretched slice by slice"]
        ),
        *(["ordered = false   # single pictures, not slices of one body"] if contents.flat else []),
        *(['colour = "luminance"   # the images are in colours'] if contents.coloured_images else []),
        *(['# orientation = "radiological"   # upright; default: slices as stored'] if not contents.flat else []),
        'licence = "not stated"',
        *_exclude(layout),
    ]
    order, problems = _order(folder, "\n".join([*lines, *table]), most=most) if layout.masks else ([], [])
    # The table is last, because it swallows the keys that follow it.
    return "\n".join([*lines, *order, *_problems(layout, contents, problems), *table]) + "\n"


def guess_modality(folder: Path, layout: LayoutFound, contents: Contents) -> str:
    """Tell the modality: from DICOM's own code, from grey values below those of fat (CT), from words in names."""
    if len(contents.modality_codes) == 1:
        return _CODES.get(next(iter(contents.modality_codes)), "")
    if contents.lowest <= -900 and contents.highest < 32768:
        return "CT"
    text = re.sub(r"[^a-z0-9-]+", " ", f"{folder.resolve().name} {layout.image} {' '.join(layout.ids[:5])}".lower())
    return next((name for name, words in _WORDS.items() if re.search(rf"(^| )({words})( |$)", text)), "")


def _masks_line(layout: LayoutFound) -> str:
    if not layout.masks:
        return '# no mask was found; name them:\n# mask = "{id}/mask.nii.gz"'
    texts = [_quoted(mask) for mask in layout.masks]
    return f"mask = {texts[0]}" if len(texts) == 1 else f"mask = [{', '.join(texts)}]"


class _Meaning(NamedTuple):
    """What the masks' values mean: counts as comments, keys, and a table for the end of the file."""

    comments: list[str]
    settings: list[str]
    table: list[str]


def _meaning(layout: LayoutFound, contents: Contents) -> _Meaning:
    """Name targets; the commonest comes first, because the first target is the default."""
    if contents.kind in {"white", "soft"}:
        what = "white on black" if contents.kind == "white" else "soft"
        settings = ['target = "target"   # name it', f"threshold = {contents.threshold:g}   # the masks are {what}"]
        return _Meaning([], settings, [])
    values = [value for value, count in contents.labels.most_common() if count]
    if not values and not layout.classes:
        return _Meaning([], ['target = "target"   # name it', "labels = [1]   # no mask with voxels was read"], [])
    comments = [f"# {_shown(layout, contents, value)}: {_count(contents, value)}" for value in values[:_MOST_LISTED]]
    if contents.kind == "classes":
        names = [layout.classes[value - 1] for value in values] or list(layout.classes)
        empty = len(layout.classes) - len(values)
        if empty:
            comments.append(f"# {empty} of {len(layout.classes)} classes are empty in what was read and left out")
        return _Meaning(comments, [], ["[targets]", *(f"{_key(name)} = {_quoted(name)}" for name in names)])
    if contents.kind == "colours":
        entries = [f'colour_{value:06x} = "#{value:06x}"   # name it' for value in values]
        return _Meaning(comments, [], ["[colours]", *entries])
    return _Meaning(comments, [], ["[targets]", *(f"label_{value} = [{value}]   # name it" for value in values)])


def _shown(layout: LayoutFound, contents: Contents, value: int) -> str:
    if contents.kind == "classes":
        return layout.classes[value - 1]
    return f"#{value:06x}" if contents.kind == "colours" else f"label {value}"


def _count(contents: Contents, value: int) -> str:
    mean = f", mean grey value {contents.means[value]:.0f}" if value in contents.means else ""
    return f"{contents.labels[value]} voxels in {contents.volumes_with[value]} of {_volumes(contents.read)}{mean}"


def _volumes(count: int) -> str:
    return f"{count} volume{'' if count == 1 else 's'}"


def _window(contents: Contents) -> str:
    """Choose by what the commonest label covers: lungs are mostly air."""
    commonest = next((value for value, _ in contents.labels.most_common()), None)
    return _LUNG if commonest is not None and contents.means.get(commonest, 0) < -500 else _SOFT


def _exclude(layout: LayoutFound) -> list[str]:
    if not layout.without_mask or not layout.masks:
        return []
    return [f"exclude = [{', '.join(_quoted(name) for name in layout.without_mask)}]   # without a mask"]


def _order(folder: Path, proposed: str, *, most: int) -> tuple[list[str], list[str]]:
    """Return the order of volumes where the first cannot give the dataset's one prompt, and what stays a problem of it.

    The proposal is read as a run would read it, up to the first volume that can.
    """
    try:
        dataset = FolderDataset.described("folder", folder, parse_config(tomllib.loads(proposed)))
        findings = []
        for finding in islice(check_dataset(dataset, None), most):
            findings.append(finding)
            if not finding.no_seed:
                break
    except (ConfigError, tomllib.TOMLDecodeError):  # it says what was found, and may be of no use before it is edited
        return [], []
    if not findings or not findings[0].no_seed:
        return [], []
    first, able = findings[0].volume, findings[-1]
    why = f"{prompted_by_the_first()} takes its prompt from the first volume's middle slice, and {first} cannot give it"
    line = "" if able.no_seed else volumes_line(dataset, able.volume)
    if not line:
        return [], [f"{why}; `sambench check` says what can be done"]
    new = "# name new volumes here too; without this line all are taken, in the order of their names"
    return [f"# {able.volume} is put first: {why}", new, line], []


def _problems(layout: LayoutFound, contents: Contents, more: list[str]) -> list[str]:
    problems = [f"# PROBLEM {line}" for line in (*contents.problems, *more)]
    if layout.without_mask and layout.masks:
        problems.append(f"# PROBLEM {_volumes(len(layout.without_mask))} without a mask, excluded above")
    return problems or ["# no problem was found in what was read"]


def _key(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
