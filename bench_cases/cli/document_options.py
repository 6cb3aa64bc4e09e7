"""The tables of ``docs/options.md`` and ``docs/commands.md``: ``python -m bench_cases.cli.document_options docs``.

Both are made from the parsers themselves, so that a page can be stale (a test says so) but never wrong by hand.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench_cases.report.marked_part import with_part

BEGIN: Final = "<!-- parsers: begin (python -m bench_cases.cli.document_options docs) -->"
END: Final = "<!-- parsers: end -->"


class _PytestParser:
    """What ``pytest_addoption`` needs of pytest's parser: its groups take what argparse takes."""

    def __init__(self) -> None:
        self.options = argparse.ArgumentParser(add_help=False)

    def getgroup(self, name: str, description: str = "") -> _PytestParser:
        """Return the one group there is."""
        del name, description
        return self

    def addoption(self, *names: str, **attributes: Any) -> None:
        """Declare an option."""
        self.options.add_argument(*names, **attributes)

    def addini(self, *_: Any, **__: Any) -> None:
        """Leave settings of pytest's own file alone."""


def options() -> Iterator[argparse.Action]:
    """Yield every ``--sam-*`` option, in the order of ``pytest --help``."""
    from bench_cases.pytest_plugin import pytest_addoption

    parser: Any = _PytestParser()
    pytest_addoption(parser)
    yield from _members(parser.options)


def commands() -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Yield every command as it is typed, what it is for, and its parser; ``seeds`` comes as its own commands."""
    from bench_cases.cli import build_parser

    yield from _below("sambench", build_parser())


def _below(typed: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    for action in _members(parser):
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - argparse has no other way to be read
            meanings = {choice.dest: choice.help or "" for choice in action._choices_actions}  # noqa: SLF001
            for name, member in action.choices.items():
                deeper = list(_below(f"{typed} {name}", member))
                yield from deeper or [(f"{typed} {name}", meanings.get(name, ""), member)]


def _members(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    helps = (argparse._HelpAction, argparse._VersionAction)  # noqa: SLF001
    return [action for action in parser._actions if not isinstance(action, helps)]  # noqa: SLF001


def option_table() -> str:
    """Return the table of the ``--sam-*`` options as Markdown."""
    rows = [f"| {_typed(action)} | {_meaning(action)} |" for action in options()]
    return "\n".join(["| option | meaning |", "|---|---|", *rows])


def command_tables() -> str:
    """Return a section with a table for each command of ``sambench`` as Markdown."""
    parts: list[str] = []
    for typed, meaning, parser in commands():
        rows = [f"| {_typed(action)} | {_meaning(action)} |" for action in _members(parser)]
        table = ["", "| argument | meaning |", "|---|---|", *rows] if rows else []
        parts.append("\n".join([f"## `{typed}`", "", f"{_sentence(meaning or parser.description or '')}", *table]))
    return "\n\n".join(parts)


def _typed(action: argparse.Action) -> str:
    values = "\\|".join(map(str, action.choices)) if action.choices else action.metavar or ""
    values = " ".join(values) if isinstance(values, tuple) else values.replace("\\|", "|").replace("|", "\\|")
    if action.nargs == 0:
        values = ""
    elif not values:
        values = action.dest if not action.option_strings else action.dest.upper()
    if not action.option_strings:
        shown = f"`{values}`"
        return f"{shown}, optional" if action.nargs in ("?", "*") else shown
    if isinstance(action, argparse.BooleanOptionalAction):
        return ", ".join(f"`{name}`" for name in action.option_strings)
    joint = f"[={values}]" if action.nargs == "?" else f" {values}" if values else ""
    *shorter, last = action.option_strings
    return ", ".join([*(f"`{name}`" for name in shorter), f"`{last}{joint}`"])


def _meaning(action: argparse.Action) -> str:
    return (action.help or "").replace("%%", "%").replace("|", "\\|").replace("\n", " ").strip()


def _sentence(text: str) -> str:
    text = text.replace("%%", "%")
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith('.') else '.'}"


def refreshed(text: str, made: str, source: str) -> str:
    """Return `text` with the part between the two markers replaced by what was `made`.

    Raises
    ------
    ReportError
        When the markers are not there.
    """
    return with_part(text, made, begin=BEGIN, end=END, source=source)


PAGES: Final = {"options.md": option_table, "commands.md": command_tables}


def main(folder: Path) -> None:
    """Refresh both pages of the folder."""
    for name, make in PAGES.items():
        page = folder / name
        page.write_text(refreshed(page.read_text(encoding="utf-8"), make(), name), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
