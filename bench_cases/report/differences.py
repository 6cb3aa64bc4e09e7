"""What differs between two nested mappings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from bench_cases.report.strict_json import dumps


class Difference(NamedTuple):
    """One value that differs; `name` is its path with dots, the values are short JSON."""

    name: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.name} was {self.before}, is {self.after}"


def differences(before: Mapping[str, Any], after: Mapping[str, Any], path: str = "") -> list[Difference]:
    """Return each value that differs, nested mappings walked, sorted by name; an absent value is null.

    >>> [str(found) for found in differences({"a": 1, "b": {"c": 2}}, {"a": 1, "b": {"c": 3}})]
    ['b.c was 2, is 3']
    """
    found: list[Difference] = []
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        here = f"{path}{name}"
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found.extend(differences(old, new, here + "."))
        elif old != new:
            found.append(Difference(here, _short(old), _short(new)))
    return found


def _short(value: Any) -> str:
    text = dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."
