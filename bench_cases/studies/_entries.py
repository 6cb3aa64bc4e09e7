"""Typed access to the tables of a preset: each failure names file, key, value, what was expected and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from bench_cases.errors import ConfigError


class Entries:
    """A table of a preset, or one entry of a list in it.

    Parameters
    ----------
    table
        What TOML gave.
    where
        File and place, for messages: ``mine.toml: sets, entry 2``.
    known
        Keys that may stand in it.

    Raises
    ------
    ConfigError
        For a key that is not known.
    """

    def __init__(self, table: Mapping[str, Any], where: str, known: Collection[str]) -> None:
        self.table = table
        self.where = where
        for key, value in table.items():
            if key not in known:
                msg = (
                    f"{where}: unknown key {key} = {value!r:.60}; expected one of {', '.join(known)}."
                    f"{nearest(key, known) or ' Take it out.'}"
                )
                raise ConfigError(msg)

    def wrong(self, key: str, expected: str, remedy: str) -> ConfigError:
        """Word the error at a key."""
        found = f"{key} = {self.table[key]!r:.80}" if key in self.table else f"{key} is missing"
        return ConfigError(f"{self.where}: {found}; expected {expected}. {remedy}")

    def text(self, key: str, remedy: str, *, default: str | None = None) -> str:
        """Return a string that says something."""
        value = self.table.get(key, default)
        if not isinstance(value, str) or (key in self.table and not value.strip()):
            raise self.wrong(key, "a text in quotes", remedy)
        return value

    def texts(self, key: str, remedy: str) -> tuple[str, ...]:
        """Return a list of strings, empty when the key is absent."""
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
            raise self.wrong(key, "a list of texts in quotes", remedy)
        return tuple(value)

    def choice(self, key: str, choices: Sequence[str], *, default: str | None = None) -> str:
        """Return one of a few words."""
        value = self.table.get(key, default)
        if value not in choices or not isinstance(value, str):
            near = nearest(value, choices) if isinstance(value, str) else ""
            listed = " or ".join(f'"{choice}"' for choice in choices)
            raise self.wrong(key, listed, near.strip() or "Write one of these.")
        return value

    def whole(self, key: str) -> int | None:
        """Return a whole number of at least 1, or None when the key is absent."""
        value = self.table.get(key)
        if value is not None and (type(value) is not int or value < 1):
            raise self.wrong(key, "a whole number of at least 1", "Correct it, or take it out.")
        return value

    def share(self, key: str) -> float | None:
        """Return a share between 0 and 1, or None when the key is absent."""
        value = self.table.get(key)
        if value is None:
            return None
        if type(value) not in (int, float) or not 0 <= value <= 1:
            near = f"Write {value / 100:g} for {value} %." if _per_cent(value) else "Write 0.95 for 95 %."
            raise self.wrong(key, "a share between 0 and 1", near)
        return float(value)

    def entries(self, key: str, known: Collection[str], *, example: str) -> Iterator[Entries]:
        """Yield the entries of a list of tables; none when the key is absent."""
        value = self.table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise self.wrong(key, "a list of tables", f"Write them so: {key} = [ {example} ].")
        for number, each in enumerate(value, start=1):
            yield Entries(each, f"{self.where}: {key}, entry {number}", known)


def _per_cent(value: Any) -> bool:
    return type(value) in (int, float) and 1 < value <= 100


def nearest(given: str, choices: Collection[str]) -> str:
    """Word the hint at the nearest choice; empty when none is near.

    >>> nearest("stratgies", ["sets", "strategies"])
    " Did you mean 'strategies'?"
    """
    near = difflib.get_close_matches(given, list(choices), n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
