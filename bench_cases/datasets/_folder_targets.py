"""What the targets of a ``dataset.toml`` are made of: label ids, colours of a picture, or files of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from bench_cases.datasets._files._choice import packed_colour
from bench_cases.datasets._folder_values import Values

CLASS = "{class}"
"""Stands, in a pattern of masks, for the name of a class: sets with one file a class."""


class Targets(NamedTuple):
    """Target name to label ids, and to names of class files where each class has a file; either is given."""

    labels: dict[str, tuple[int, ...]]
    classes: dict[str, tuple[str, ...]]


def read_targets(values: Values, masks: tuple[str, ...]) -> Targets:
    """Read ``target`` with ``labels``, or ``[targets]``, or ``[colours]``.

    Raises
    ------
    ConfigError
        For keys that contradict one another, and values of another kind than the masks ask for.
    """
    table = values.table
    if "colours" in table:
        return Targets(_colours(values), {})
    if "threshold" in table and "labels" in table:
        raise values.wrong("threshold", "it contradicts labels; expected one of them. Take the other out")
    per_class = any(CLASS in mask for mask in masks)
    if "targets" not in table:
        if per_class:
            raise values.wrong(
                "targets", f'a mask with {CLASS} in it needs them; expected a table such as {{liver = ["liver"]}}'
            )
        name = _name(values, "target", values.text("target"))
        return Targets({name: _labels(values, "labels", table.get("labels", []))}, {})
    if "target" in table or "labels" in table:
        raise values.wrong("targets", "it contradicts target and labels; expected either. Take the others out")
    if "threshold" in table and not per_class:
        raise values.wrong("threshold", "it contradicts targets; expected one of them. Take the other out")
    targets = _table(values, "targets", "{liver = [1], spleen = [4]}")
    if per_class:
        classes = {_name(values, "targets", name): _files(values, files) for name, files in targets.items()}
        return Targets(dict.fromkeys(classes, ()), classes)
    return Targets(
        {_name(values, "targets", name): _labels(values, "targets", ids) for name, ids in targets.items()}, {}
    )


def _colours(values: Values) -> dict[str, tuple[int, ...]]:
    for key in ("labels", "targets", "target", "threshold"):
        if key in values.table:
            raise values.wrong("colours", f"it contradicts {key}; expected one of them. Take the other out")
    colours: dict[str, tuple[int, ...]] = {}
    for name, given in _table(values, "colours", '{tumour = "#ff0000"}').items():
        texts = [given] if isinstance(given, str) else given
        try:
            numbers = tuple(packed_colour(text) for text in texts)
        except (TypeError, ValueError):
            numbers = ()
        if not numbers or 0 in numbers or len(set(numbers)) < len(numbers):
            raise values.wrong(
                "colours", 'expected "#rrggbb" or a list of such colours, each once, none of them black (background)'
            )
        colours[_name(values, "colours", name)] = numbers
    return colours


def _table(values: Values, key: str, example: str) -> Mapping[str, Any]:
    table = values.table[key]
    if not isinstance(table, dict) or not table:
        raise values.wrong(key, f"expected a table such as {example}")
    return table


def _files(values: Values, files: Any) -> tuple[str, ...]:
    names = (files,) if isinstance(files, str) else files
    if not isinstance(names, list | tuple) or not names or len(set(map(str, names))) < len(names):
        raise values.wrong("targets", 'expected names of classes for each target, each once, such as ["kidney_left"]')
    for name in names:
        if not isinstance(name, str) or not name or any(part in name for part in ("/", "\\", "*", "..")):
            raise values.wrong("targets", 'expected plain names of classes, such as ["kidney_left", "kidney_right"]')
    return tuple(names)


def _name(values: Values, key: str, value: str) -> str:
    """Return a target's name that can be part of a test id."""
    if not value.replace("_", "").replace("-", "").isalnum() or not value.isascii():
        raise values.wrong(key, "expected a name of letters, digits, - and _")
    return value


def _labels(values: Values, key: str, value: Any) -> tuple[int, ...]:
    """Return label ids, positive and each once."""
    plain = isinstance(value, list) and all(isinstance(each, int) and not isinstance(each, bool) for each in value)
    if not plain or any(each < 1 for each in value) or len(set(value)) != len(value):
        # A key that was added at the end of the file has become a target.
        others = "; keys that are no targets stand above [targets]" if key == "targets" else ""
        raise values.wrong(key, f"expected a list of positive whole numbers, each once, such as [1, 2]{others}")
    if key == "targets" and not value:
        raise values.wrong(key, "expected at least one label for each target")
    return tuple(value)
