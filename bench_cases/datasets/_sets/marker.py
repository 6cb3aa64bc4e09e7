"""The note that lies in every folder of phantom files, so that they are never taken for the set they imitate."""

from __future__ import annotations

from pathlib import Path

FILE_NAME = "PHANTOM.txt"
_TEXT = """\
PHANTOM: synthetic images made by sambench, in the layout of {title}.
They show that software reads this layout. They are no patient's, and scores on them say nothing about patients.
"""


def mark(folder: Path, title: str) -> None:
    """Leave the note in a folder."""
    (folder / FILE_NAME).write_text(_TEXT.format(title=title), encoding="utf-8")


def is_marked(folder: Path) -> bool:
    """Tell whether a folder holds phantom files."""
    return (folder / FILE_NAME).is_file()
