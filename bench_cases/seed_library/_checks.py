"""Taking values out of a record that is not trusted: each is of the kind and within the bounds expected, or refused."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple, NoReturn

from bench_cases.errors import SeedError

LONGEST_TEXT = 300
LONGEST_LIST = 1000


class Record(NamedTuple):
    """A JSON object with the place where it stands, for messages."""

    values: Mapping[str, Any]
    where: str

    def refuse(self, key: str, expected: str) -> NoReturn:
        """Raise with the value found and what was expected."""
        shown = repr(self.values.get(key))
        shown = shown if len(shown) <= 60 else shown[:57] + "..."
        msg = f"{self.where}.{key} is {shown}; expected {expected}. Make, export or import the seed again."
        raise SeedError(msg)

    def only(self, keys: Collection[str]) -> Record:
        """Return the record when it has these keys and no others."""
        if set(self.values) != set(keys):
            lacking = ", ".join(sorted(set(keys) - set(self.values)))
            strange = ", ".join(sorted(map(repr, set(self.values) - set(keys))))[:200]
            wrong = "; ".join(filter(None, [lacking and f"lacks {lacking}", strange and f"has {strange}"]))
            msg = f"{self.where} {wrong}; expected {', '.join(keys)}. Make, export or import the seed again."
            raise SeedError(msg)
        return self

    def record(self, key: str) -> Record:
        """Return an object."""
        value = self.values.get(key)
        if not isinstance(value, dict):
            self.refuse(key, "an object")
        return Record(value, f"{self.where}.{key}")

    def optional(self, key: str) -> Record | None:
        """Return an object, or None for null."""
        return None if self.values.get(key) is None else self.record(key)

    def text(self, key: str) -> str:
        """Return a line of printable text: control characters would reach a terminal."""
        value = self.values.get(key)
        if not isinstance(value, str) or not value.isprintable() or len(value) > LONGEST_TEXT:
            self.refuse(key, f"up to {LONGEST_TEXT} printable characters")
        return value

    def text_or_none(self, key: str) -> str | None:
        """Return text, or None for null."""
        return None if self.values.get(key) is None else self.text(key)

    def word(self, key: str, choices: Collection[str]) -> str:
        """Return one of several words."""
        value = self.values.get(key)
        if not isinstance(value, str) or value not in choices:
            self.refuse(key, f"one of {', '.join(choices)}")
        return value

    def whole(self, key: str, *, least: int = 0, most: int = 1 << 31) -> int:
        """Return an integer within bounds."""
        value = self.values.get(key)
        if type(value) is not int or not least <= value <= most:
            self.refuse(key, f"a whole number from {least} to {most}")
        return value

    def truth(self, key: str) -> bool:
        """Return true or false."""
        value = self.values.get(key)
        if not isinstance(value, bool):
            self.refuse(key, "true or false")
        return value

    def digest(self, key: str) -> str:
        """Return a SHA-256 in hex."""
        value = self.values.get(key)
        if not isinstance(value, str) or not re.fullmatch("[0-9a-f]{64}", value):
            self.refuse(key, "64 hex digits")
        return value

    def time_utc(self, key: str) -> str:
        """Return a time that ISO 8601 permits."""
        value = self.text(key)
        try:
            datetime.fromisoformat(value)
        except ValueError:
            self.refuse(key, "a time in ISO 8601")
        return value

    def number(self, key: str) -> float:
        """Return a finite number."""
        value = self.values.get(key)
        if not _is_number(value):
            self.refuse(key, "a finite number")
        return float(value)  # type: ignore[arg-type]

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """Return so many finite numbers."""
        value = self.values.get(key)
        if not isinstance(value, list) or len(value) != count or not all(map(_is_number, value)):
            self.refuse(key, f"a list of {count} finite numbers")
        return tuple(map(float, value))

    def entries(self, key: str) -> list[Any]:
        """Return a list of bounded length."""
        value = self.values.get(key)
        if not isinstance(value, list) or len(value) > LONGEST_LIST:
            self.refuse(key, f"a list of up to {LONGEST_LIST} entries")
        return value


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -1e9 < value < 1e9 and not (isinstance(value, float) and math.isnan(value))
