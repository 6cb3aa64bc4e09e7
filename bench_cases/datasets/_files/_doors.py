"""What is refused before any reader opens a file: things that are not image files at all, whatever their name."""

from __future__ import annotations

from pathlib import Path

from bench_cases.datasets._files._scan import refusal


def check(path: Path) -> None:
    """Refuse what is missing, empty, no file, a pointer left by git-lfs or git-annex, or a web page.

    Raises
    ------
    DataError
        With the file's name, what it is instead of an image, and what to do.
    """
    if path.is_symlink() and not path.exists():
        raise refusal(
            path,
            "it is a link to a file that is not there",
            expected="the file itself",
            remedy="If it is kept with git-annex or datalad, run 'git annex get' or 'datalad get' on it.",
        )
    if not path.exists():
        raise refusal(path, "there is no such file", expected="an image file", remedy="Check the name and the folder.")
    if path.is_dir():
        return
    if not path.is_file():
        raise refusal(
            path,
            "it is a pipe, a socket or a device",
            expected="a file that can be read to its end",
            remedy="Save what comes out of it as a file.",
        )
    with path.open("rb") as stream:
        head = stream.read(512)
    if not head:
        raise refusal(path, "the file is empty", expected="an image", remedy="Copy or download it again.")
    start = head.lstrip().lower()
    if start.startswith(b"version https://git-lfs"):
        raise refusal(
            path,
            "it is a git-lfs pointer, a few lines of text that stand for the file",
            expected="the image itself",
            remedy="Run 'git lfs pull' in the repository it came from.",
        )
    if start.startswith((b"/annex/objects/", b"../.git/annex/", b".git/annex/")):
        raise refusal(
            path,
            "it is a git-annex pointer, a line of text that stands for the file",
            expected="the image itself",
            remedy="Run 'git annex get' or 'datalad get' on it.",
        )
    if start.startswith((b"<!doctype html", b"<html", b"<?xml")):
        raise refusal(
            path,
            "it is a web page or XML text, as failed downloads leave behind",
            expected="an image",
            remedy="Download it again, with a login where the site wants one.",
        )
