"""From the patterns of a ``dataset.toml`` to files: which volumes there are and where their files lie."""

from __future__ import annotations

import glob
import re
from collections.abc import Mapping
from pathlib import Path

from bench_cases.datasets._files import natural
from bench_cases.datasets._files._scan import shown
from bench_cases.datasets._folder_targets import CLASS
from bench_cases.errors import ConfigError, DataError

_UNSAFE = re.compile(r"[^A-Za-z0-9._+=@-]")


def safe_id(raw: str) -> str:
    """Make an id that can stand in a test's id and be typed after ``-k``: anything unusual becomes ``_``.

    >>> safe_id("case 7 [left]")
    'case_7__left_'
    """
    return _UNSAFE.sub("_", raw)


def find_ids(root: Path, pattern: str) -> list[str]:
    """List the values of ``{id}`` for which the image is there, in natural order; hidden files are left out."""
    pieces = [re.escape(piece) for piece in pattern.split("{id}")]
    regex = pieces[0] + "(?P<id>[^/]+)" + "(?P=id)".join(pieces[1:])
    wildcard = "*".join(glob.escape(piece) for piece in pattern.split("{id}"))
    found = {
        match["id"]
        for path in root.glob(wildcard)
        if (match := re.fullmatch(regex, path.relative_to(root).as_posix()))
        and not match["id"].startswith(".")
        and path.name != "dataset.toml"
    }
    return sorted(found, key=natural)


def name_volumes(raw_ids: list[str], where: str) -> Mapping[str, str]:
    """Map safe ids to the ids in file names, in order.

    Raises
    ------
    ConfigError
        When two file names give one safe id, or an id leads out of the folder.
    """
    named: dict[str, str] = {}
    for raw in raw_ids:
        if "/" in raw or "\\" in raw or raw in {".", ".."}:
            msg = f"{where}: volume {raw!r} leads out of the folder; expected a plain name. Correct 'volumes'."
            raise ConfigError(msg)
        safe = safe_id(raw)
        if safe in named:
            msg = (
                f"{where}: volumes {named[safe]!r} and {raw!r} would both be called {safe!r}; expected names that "
                "differ in letters, digits and . _ + = @ -. Rename one."
            )
            raise ConfigError(msg)
        named[safe] = raw
    return named


def image_file(root: Path, pattern: str, raw_id: str) -> Path:
    """Path of a volume's image."""
    return root / pattern.replace("{id}", raw_id)


def mask_files(
    root: Path, patterns: tuple[str, ...], raw_id: str, image: Path, classes: tuple[str, ...] = ()
) -> list[Path]:
    """Paths of a volume's masks; a pattern with ``*`` gives all that match, in natural order, without the image.

    A pattern with ``{class}`` gives one path for each of `classes`.

    Raises
    ------
    DataError
        When a pattern with ``*`` matches nothing.
    """
    files: list[Path] = []
    for pattern in (each.replace(CLASS, name) for each in patterns for name in (classes if CLASS in each else ("",))):
        if "*" not in pattern:
            files.append(root / pattern.replace("{id}", raw_id))
            continue
        wildcard = "*".join(glob.escape(piece.replace("{id}", raw_id)) for piece in pattern.split("*"))
        found = sorted((path for path in root.glob(wildcard) if path != image), key=lambda path: natural(path.name))
        if not found:
            msg = (
                f"{shown(image)}: no mask matches {pattern!r}; expected at least one. "
                "Add the mask, or name the volume under 'exclude' in dataset.toml."
            )
            raise DataError(msg)
        files += found
    return files
