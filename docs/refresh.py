"""Runs the commands and snippets of pages as a reader would, and pastes what they printed below them.

``python docs/refresh.py tutorial mistakes figures``: in a folder of its own, every block of a page from the top to the
bottom, full size; what several pages run alike is run once. A block after ``<!-- printed -->`` is output, made anew;
``<!-- printed, from: TEXT, to: TEXT -->`` keeps the lines from the first that holds one text to the next that holds the
other. A block that begins with ``# NAME.EXT`` is a file. `tests/docs/test_snippets.py` runs the same on fewer slices.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
_FENCE = re.compile(
    r"^(?:<!-- printed(?P<part>.*?) -->\n)?```(?P<language>[^\n`]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_FILE = re.compile(r"# (?P<name>[\w./-]+\.(?:py|toml|yml))\n")


class Block(NamedTuple):
    """A fenced block of a page; `part` says what was kept of an output, and is None where the reader types."""

    language: str
    text: str
    part: str | None
    line: int

    @property
    def file(self) -> str | None:
        """Name of the file that the block is, from its first line."""
        named = _FILE.match(self.text)
        return None if named is None else named["name"]

    @property
    def fails(self) -> bool:
        """Whether the page shows an exit status, which may then be another than 0."""
        return "echo $?" in self.text


def blocks(page: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page from top to bottom; those of the site's own directives are left out."""
    for found in _FENCE.finditer(page):
        if found["language"].startswith("{"):
            continue
        yield Block(found["language"], found["text"], found["part"], page.count("\n", 0, found.start()) + 1)


def kept(output: str, part: str) -> str:
    """Return the lines of an output that a page shows.

    Raises
    ------
    ValueError
        When a text that `part` names is in no line.
    """
    wanted = dict(re.findall(r"(from|to): (.*?)(?=, to: |$)", part))
    lines = [line.rstrip() for line in output.splitlines()]
    for which, text in wanted.items():
        at = next((number for number, line in enumerate(lines) if text in line), None)
        if at is None:
            msg = f"{text!r} is in no line of what was printed; expected it ({which}). Printed was:\n{output}"
            raise ValueError(msg)
        lines = lines[at:] if which == "from" else lines[: at + 1]
    return "\n".join(lines).strip("\n") + "\n"


def lay_out(folder: Path) -> None:
    """Copy what the commands need from the repository: the suite, its settings, and the script of the t-test."""
    for name in ("benchmark", "docs/ci", "docs/cluster"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conftest.py", "pyproject.toml", "reports/ttest.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)


def _run(block: Block, folder: Path) -> str:
    """Return what a block printed; blocks that are files are written, and those that download are left out."""
    if block.file is not None:
        (folder / block.file).write_text(block.text, encoding="utf-8")
        return ""
    if block.language == "python":
        command = [sys.executable, "-c", block.text]
    elif block.language == "sh" and not re.search("pip install|^sambench fetch", block.text, flags=re.MULTILINE):
        command = ["bash", "-c" if block.fails else "-ec", block.text]
    else:
        return ""
    places = {name: str(folder.parent / name.lower()) for name in ("SAMBENCH_CACHE", "SAMBENCH_DATA", "SAMBENCH_SEEDS")}
    environment = {
        **os.environ,
        **places,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": str(ROOT),
        "SAMBENCH_OFFLINE": "1",
        "COLUMNS": "110",
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(  # noqa: S603 - the pages' own commands
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode and not block.fails:
        msg = f"line {block.line} ended with {done.returncode}:\n{block.text}\n{done.stdout}"
        raise RuntimeError(msg)
    return done.stdout


def refresh(page: str, folder: Path, known: dict[str, str]) -> str:
    """Return the page with every output made anew; what another page has run is `known` and not run again."""
    printed = ""

    def renewed(found: re.Match[str]) -> str:
        nonlocal printed
        block = Block(found["language"], found["text"], found["part"], page.count("\n", 0, found.start()) + 1)
        if block.part is None:
            if block.text not in known:
                known[block.text] = _run(block, folder)
            printed = known[block.text]
            return found[0]
        return f"<!-- printed{block.part} -->\n```{block.language}\n{kept(printed, block.part)}```"

    return _FENCE.sub(renewed, page)


def main(names: list[str]) -> None:
    """Refresh the pages of those names; figures that they show are taken from where the page had them written."""
    known: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        workplace = Path(folder) / "work"
        workplace.mkdir()
        lay_out(workplace)
        for name in names:
            path = ROOT / "docs" / f"{name}.md"
            page = refresh(path.read_text(encoding="utf-8"), workplace, known)
            path.write_text(page, encoding="utf-8")
            for picture in re.findall(r"\]\(pictures/([^)]+)\)", page):
                (ROOT / "docs" / "pictures").mkdir(exist_ok=True)
                shutil.copy(workplace / "figures" / picture, ROOT / "docs" / "pictures" / picture)
            print(f"refreshed: {path.relative_to(ROOT)}")


def _pages() -> list[str]:
    """Return the names of the pages that show what was printed."""
    return sorted(it.stem for it in (ROOT / "docs").glob("*.md") if "<!-- printed" in it.read_text(encoding="utf-8"))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="+", choices=_pages(), metavar="PAGE", help=", ".join(_pages()))
    main(parser.parse_args().pages)
