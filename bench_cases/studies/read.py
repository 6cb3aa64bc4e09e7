"""Reading a preset from its TOML file, checked key by key."""

from __future__ import annotations

import hashlib
import math
import re
from pathlib import Path
from typing import Any, Final, cast, get_args

from bench_cases.contracts import Precision
from bench_cases.errors import ConfigError
from bench_cases.settings import Empty, Unit
from bench_cases.studies._entries import Entries, nearest
from bench_cases.studies.figures import EVERY_SET, FIGURES, Published
from bench_cases.studies.study import OWN, Named, Study, StudySet, StudySettings
from bench_cases.toml_file import parse_toml
from bench_cases.volume import Scaling, Window

_KEYS: Final = (
    "name",
    "title",
    "citation",
    "notes",
    "settings",
    "phantom",
    "sets",
    "models",
    "strategies",
    "published",
)
_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "empty": get_args(Empty),
    "unit": get_args(Unit),
    "scaling": get_args(Scaling),
    "precision": get_args(Precision),
}
_FLAGS: Final = ("jpeg", "latency")
_LIMITS: Final = ("limit_volumes", "limit_slices")
_SOURCE: Final = 'Say where it stands, for instance source = "Table 2".'
_LEAST: Final[dict[str, str]] = {
    "sets": '{ name = "coronacases", source = "Section 2.1" }',
    "models": '{ name = "sam2_large", source = "Section 2.2" }',
    "strategies": '{ name = "every.composite", source = "Section 2.3" }',
}
"""What every preset must name, and how an entry looks."""


def read(path: Path) -> Study:
    """Read a preset.

    Raises
    ------
    ConfigError
        When the file is absent or no TOML; a key is unknown, missing or ill-typed; an entry does not say its source; or
        a published figure is of something that the preset does not name.
    """
    try:
        content = path.read_bytes()
        table = parse_toml(content)
    except (OSError, ValueError) as problem:
        why = problem.strerror if isinstance(problem, OSError) and problem.strerror else problem
        msg = (
            f"{path.name} cannot be read: {why}; expected the TOML file of a study. "
            "Correct it; `sambench list studies` names those that come with sambench, to start from."
        )
        raise ConfigError(msg) from problem
    top = Entries(table, path.name, _KEYS)
    name = top.text("name", 'Name the study, for instance name = "mine".')
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
        raise top.wrong("name", "small letters, digits, '.', '-' and '_'", 'Choose a name such as "mine-2026".')
    study = Study(
        name=name,
        title=top.text("title", "Say what the study is called."),
        citation=top.text("citation", "Say how to cite the study."),
        file=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        sets=tuple(_set(entry) for entry in _listed(top, "sets", ("name", "window", "phantom", "source"))),
        models=tuple(_named(entry) for entry in _listed(top, "models", ("name", "phantom", "source"))),
        strategies=tuple(_named(entry) for entry in _listed(top, "strategies", ("name", "source"))),
        settings=_settings(top),
        published=tuple(_published(top)),
        phantom_limits=_limits(top),
        notes=top.texts("notes", "Write one line each."),
    )
    _check_once(study, path.name)
    return study


def _listed(top: Entries, key: str, known: tuple[str, ...]) -> list[Entries]:
    found = list(top.entries(key, known, example=_LEAST[key]))
    if not found:
        raise top.wrong(key, "at least one entry", f"Write for instance {key} = [ {_LEAST[key]} ].")
    return found


def _set(entry: Entries) -> StudySet:
    return StudySet(
        name=entry.text("name", "Name a dataset, with its target after a colon: amos-ct:spleen."),
        source=entry.text("source", _SOURCE),
        window=_window(entry),
        phantom=entry.text("phantom", "Name a phantom dataset, or take the key out.", default=""),
    )


def _window(entry: Entries) -> Any:
    """Return a window, None for none at all, or `OWN`."""
    value = entry.table.get("window", OWN)
    if value == OWN:
        return OWN
    if value == "none":
        return None
    numbers = value if isinstance(value, dict) else {}
    plain = all(type(number) in (int, float) and math.isfinite(number) for number in numbers.values())
    if set(numbers) != {"level", "width"} or not plain or numbers["width"] <= 0:
        raise entry.wrong(
            "window",
            '{ level = -650, width = 1500 }, "none" or "own"',
            "Give both numbers, the width above 0.",
        )
    return Window(level=float(numbers["level"]), width=float(numbers["width"]))


def _named(entry: Entries) -> Named:
    return Named(
        name=entry.text("name", "Give the name that the command line takes; `sambench list` shows them."),
        source=entry.text("source", _SOURCE),
        phantom=entry.text("phantom", "Name a model, or take the key out.", default=""),
    )


def _settings(top: Entries) -> StudySettings:
    table = top.table.get("settings", {})
    if not isinstance(table, dict):
        raise top.wrong("settings", "a table", "Write [settings] on a line of its own.")
    known = (*_CHOICES, *_FLAGS)
    outer = Entries(table, f"{top.where}: settings", known)
    values: dict[str, Any] = {}
    sources: list[tuple[str, str]] = []
    for key, said in table.items():
        if not isinstance(said, dict):
            raise outer.wrong(key, "a value with its source", f'Write {key} = {{ value = ..., source = "Table 2" }}.')
        inner = Entries(said, f"{outer.where}: {key}", ("value", "source"))
        if key in _CHOICES:
            values[key] = inner.choice("value", _CHOICES[key])
        elif isinstance(said.get("value"), bool):
            values[key] = said["value"]
        else:
            raise inner.wrong("value", "true or false", "Write it without quotes.")
        sources.append((key, inner.text("source", _SOURCE)))
    return StudySettings(**values, sources=tuple(sources))


def _limits(top: Entries) -> tuple[tuple[str, int], ...]:
    table = top.table.get("phantom", {})
    if not isinstance(table, dict):
        raise top.wrong("phantom", "a table", "Write [phantom] on a line of its own.")
    inner = Entries(table, f"{top.where}: phantom", _LIMITS)
    found = {name: inner.whole(name) for name in _LIMITS}
    return tuple((name, number) for name, number in found.items() if number is not None)


def _published(top: Entries) -> list[Published]:
    known = ("set", "model", "strategy", *FIGURES, "volumes", "slices", "source")
    example = '{ set = "coronacases", model = "sam2_large", strategy = "every.box", dice = 0.9, source = "Table 2" }'
    names = {
        "set": [*(entry["name"] for entry in top.table.get("sets", ())), EVERY_SET],
        "model": [entry["name"] for entry in top.table.get("models", ())],
    }
    found = []
    for entry in top.entries("published", known, example=example):
        for key, choices in names.items():
            value = entry.text(key, f"Say which {key} the figure is of.")
            if value not in choices:
                remedy = nearest(value, choices).strip() or f"Add it to {key}s, or correct the name."
                raise entry.wrong(key, f"a {key} of this preset ({', '.join(choices)})", remedy)
        figures = {name: entry.share(name) for name in FIGURES}
        if not any(value is not None for value in figures.values()):
            raise entry.wrong("dice", "dice, jaccard or both", "Give the figure, or take the entry out.")
        found.append(
            Published(
                set=cast("str", entry.table["set"]),
                model=cast("str", entry.table["model"]),
                strategy=entry.text("strategy", "Say which strategy the figure is of."),
                **figures,
                volumes=entry.whole("volumes"),
                slices=entry.whole("slices"),
                source=entry.text("source", _SOURCE),
            )
        )
    return found


def _check_once(study: Study, file: str) -> None:
    """Refuse a set, model, strategy or published cell that stands twice."""
    lists = {
        "sets": [it.name for it in study.sets],
        "models": [it.name for it in study.models],
        "strategies": [it.name for it in study.strategies],
        "published": [" ".join(it.cell) for it in study.published],
    }
    for key, names in lists.items():
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            msg = f"{file}: {key} has {twice!r} twice; expected each once. Take one of them out."
            raise ConfigError(msg)
