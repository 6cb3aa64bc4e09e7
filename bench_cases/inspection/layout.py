"""From the names in a folder to patterns: where the images are, where their masks, and what varies between volumes."""

from __future__ import annotations

import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from bench_cases.datasets._files import readers
from bench_cases.datasets._files._dicom_header import is_dicom
from bench_cases.datasets._files._pictures import natural

_MASK = re.compile(
    r"(^|[^a-z])(masks?|segs?|segmentations?|labels?(tr|ts|va)?|gt|ground|annotations?|rois?|manual|reference)(?=[^a-z]|$)"
)
_IMAGE_WORD = re.compile(r"(?i)(^(images?|img|volume|scan|ct|mri?)[-_.]|[-_.](images?|img|volume|scan|ct|mri?|0000)$)")
_MOST_FILES = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutFound:
    """What the names say.

    Parameters
    ----------
    image
        Pattern of the images with ``{id}``.
    masks
        Patterns of the masks with ``{id}``; one with ``{class}`` where each class has a file.
    ids
        Volumes that have an image.
    without_mask
        Those of them that have no mask.
    classes
        Names of the classes, where each has a file.
    some_have
        Patterns of further masks that not every volume with a mask has, and how many have them.
    """

    image: str
    masks: tuple[str, ...]
    ids: tuple[str, ...]
    without_mask: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    some_have: Mapping[str, int] = field(default_factory=dict)


def units(root: Path) -> list[PurePosixPath]:
    """List what can be read below a folder: image files, and folders of DICOM slices or of one picture a slice.

    Hidden files are left out. A folder of pictures counts as one volume where its names are numbers.
    """
    known = tuple(suffix for suffix in readers() if not suffix.startswith((".img", ".dcm")))
    found: list[PurePosixPath] = []
    seen = 0
    for where, folders, everything in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        here = PurePosixPath(Path(where).relative_to(root).as_posix())
        names = sorted(name for name in everything if not name.startswith("."))
        seen += len(names)
        if seen > _MOST_FILES:
            break
        dicom = [name for name in names if not name.lower().endswith(known) and is_dicom(Path(where, name))]
        if (len(dicom) > 1 and here.parts) or _is_stack(here, names):
            found.append(here)
        else:
            found += [here / name for name in names if name.lower().endswith(known) or name in dicom]
    return found


def _is_stack(folder: PurePosixPath, names: list[str]) -> bool:
    """Whether a folder's pictures are slices: they differ in a number only, and a folder is named for a volume."""
    pictures = [name for name in names if name.lower().endswith((".png", ".jpg", ".jpeg", ".bmp"))]
    numbered = all(re.search(r"\d", PurePosixPath(name).stem) for name in pictures)
    alike = len({re.sub(r"\d+", "#", name) for name in pictures}) == 1
    return len(pictures) > 1 and numbered and alike and any(re.search(r"\d", part) for part in folder.parts)


def find_layout(paths: Iterable[PurePosixPath]) -> LayoutFound | None:
    """Find the patterns that explain most of the names; None where there is no image."""
    paths = list(paths)
    masks = [path for path in paths if is_mask(path)]
    images = [path for path in paths if not is_mask(path)]
    if not images:
        return None
    by_pattern: dict[str, set[str]] = defaultdict(set)
    for path in images:
        for pattern, name in _readings(path):
            by_pattern[pattern].add(name)
    # What has most masks first, then most volumes, then the shortest name.
    pattern = max(by_pattern, key=lambda each: (_paired(by_pattern[each], masks), len(by_pattern[each]), -len(each)))
    ids = sorted(by_pattern[pattern], key=natural)
    return _with_masks(pattern, ids, masks)


def is_mask(path: PurePosixPath) -> bool:
    """Whether a name, or the name of a folder above, has a word for masks in it."""
    return any(_MASK.search(re.sub(r"([a-z])([A-Z])", r"\1_\2", part).lower()) for part in path.parts)


def _readings(path: PurePosixPath) -> Iterable[tuple[str, str]]:
    """Ways to read a path as a pattern and an id: a folder is the id, or the file's stem less a word for images."""
    for position, part in enumerate(path.parts[:-1]):
        if path.parts.count(part) == 1:
            yield "/".join((*path.parts[:position], "{id}", *path.parts[position + 1 :])), part
    suffix = max((each for each in readers() if path.name.lower().endswith(each)), key=len, default="")
    stem = path.name[: len(path.name) - len(suffix)]
    bare = _IMAGE_WORD.sub("", stem) or stem
    name = stem.replace(bare, "{id}", 1) + path.name[len(stem) :]
    yield (path.parent / name).as_posix(), bare


def _mentions(path: PurePosixPath, name: str) -> bool:
    return re.search(rf"(?<![0-9A-Za-z]){re.escape(name)}(?![0-9A-Za-z])", path.as_posix()) is not None


def _paired(ids: set[str], masks: list[PurePosixPath]) -> int:
    text = "\n".join(path.as_posix() for path in masks)
    return sum(re.search(rf"(?<![0-9A-Za-z]){re.escape(name)}(?![0-9A-Za-z])", text) is not None for name in ids)


def _with_masks(image: str, ids: list[str], masks: list[PurePosixPath]) -> LayoutFound:
    counts: Counter[str] = Counter()
    owners: dict[str, set[str]] = defaultdict(set)
    for path in masks:
        name = max((each for each in ids if _mentions(path, each)), key=len, default=None)
        if name is not None:
            pattern = re.sub(rf"(?<![0-9A-Za-z]){re.escape(name)}(?![0-9A-Za-z])", "{id}", path.as_posix())
            counts[pattern] += 1
            owners[pattern].add(name)
    per_class = _classes(counts)
    if per_class is not None:
        pattern, classes = per_class
        has = set().union(*owners.values())
        return LayoutFound(
            image=image, masks=(pattern,), ids=tuple(ids), without_mask=_absent(ids, has), classes=tuple(classes)
        )
    joined = _joined([pattern for pattern, _ in counts.most_common() if pattern != image])
    has = set().union(*owners.values()) if owners else set()
    # A volume that lacks one of several masks is an error of that volume: one that all have is enough to begin with.
    with_pattern = {star: set().union(*(owners[each] for each in members)) for star, members in joined.items()}
    whole = [star for star, names in with_pattern.items() if names == has]
    some = {star: len(names) for star, names in with_pattern.items() if names != has} if whole else {}
    patterns = tuple(whole or joined)
    return LayoutFound(image=image, masks=patterns, ids=tuple(ids), without_mask=_absent(ids, has), some_have=some)


def _absent(ids: list[str], has: set[str]) -> tuple[str, ...]:
    return tuple(name for name in ids if name not in has)


def _classes(counts: Counter[str]) -> tuple[str, list[str]] | None:
    """Recognise one file a class: three patterns or more that differ in the file's stem only, and not in a number."""
    by_folder: dict[tuple[str, str], list[str]] = defaultdict(list)
    for pattern in counts:
        path = PurePosixPath(pattern)
        suffix = max((each for each in readers() if path.name.lower().endswith(each)), key=len, default="")
        stem = path.name[: len(path.name) - len(suffix)]
        if "{id}" not in stem:
            by_folder[path.parent.as_posix(), suffix].append(stem)
    for (folder, suffix), stems in by_folder.items():
        if len(stems) >= 3 and len({re.sub(r"\d+", "", stem) for stem in stems}) >= 3:
            return f"{folder}/{{class}}{suffix}", sorted(stems)
    return None


def _joined(patterns: list[str]) -> dict[str, list[str]]:
    """Join patterns that differ in a number at the end (``mask.png``, ``mask_1.png``) into one with ``*``."""
    groups: dict[str, list[str]] = defaultdict(list)
    for pattern in patterns:
        groups[re.sub(r"[-_ ]?\d*(?=\.[a-zA-Z.]+$)", "*", pattern, count=1)].append(pattern)
    return {star if len(members) > 1 else members[0]: members for star, members in groups.items()}
