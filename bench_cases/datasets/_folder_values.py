"""Typed access to the table of a ``dataset.toml``; each failure names file, key, value and what was expected."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from bench_cases.errors import ConfigError
from bench_cases.volume import Window

EXAMPLE = """\
modality = "CT"
target = "lungs"
image = "{id}/image.nii.gz"      # {id} stands for the name of a volume
mask = "{id}/mask.nii.gz"        # or a list of masks that are joined, or a pattern such as "{id}/mask*.png"
labels = [1, 2]                  # ids in the mask that make up the target; or threshold = 127 for soft masks
window = {level = -650, width = 1500}   # leave out where no window is needed
"""


class Values:
    """A table and the file's name for messages."""

    def __init__(self, table: Mapping[str, Any], shown: str) -> None:
        self.table = table
        self.shown = shown

    def wrong(self, key: str, expected: str) -> ConfigError:
        """Word the error at a key."""
        value = f"{key} = {self.table[key]!r}" if key in self.table else f"{key} is missing"
        return ConfigError(f"{self.shown}: {value}; {expected}. An example:\n\n{EXAMPLE}")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a string that is not empty."""
        value = self.table.get(key, default)
        if not isinstance(value, str) or (not value and default is None):
            raise self.wrong(key, "expected a text in quotes")
        return value

    def one_of(self, key: str, *choices: str) -> str:
        """Return one of the choices, by default the first."""
        value = self.text(key, choices[0])
        if value not in choices:
            listed = " or ".join(f'"{choice}"' for choice in choices)
            raise self.wrong(key, f"expected {listed}")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.table.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "expected true or false")
        return value

    def number(self, key: str, expected: str) -> float | None:
        """Return a number, or None where the key is absent."""
        value = self.table.get(key)
        if value is not None and not _is_number(value):
            raise self.wrong(key, expected)
        return None if value is None else float(value)

    def index(self, key: str) -> int | None:
        """Return a position that is counted from 0, or None where the key is absent."""
        value = self.table.get(key)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 0):
            raise self.wrong(key, "expected a whole number, counted from 0")
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return a list of strings; a single string is a list of one."""
        value = self.table.get(key, default)
        values = (value,) if isinstance(value, str) else value
        if not isinstance(values, list | tuple) or not all(isinstance(each, str) and each for each in values):
            raise self.wrong(key, "expected a text in quotes or a list of them")
        if not values and default is None:
            raise self.wrong(key, "expected at least one")
        return tuple(values)

    def pattern(self, key: str, value: str) -> str:
        """Return a pattern of file names that has ``{id}`` and stays below the folder."""
        parts = value.replace("\\", "/").split("/")
        if "{id}" not in value or ".." in parts or parts[0] == "" or ":" in parts[0]:
            raise self.wrong(key, 'expected a path below the folder with {id} in it, such as "{id}/image.nii.gz"')
        if key == "image" and "*" in value:
            raise self.wrong(key, "expected a path without *, because a volume has one image")
        return "/".join(parts)

    def window(self) -> Window | None:
        """Return the window, or None where there is none."""
        window = self.table.get("window")
        if window is None:
            return None
        table = window if isinstance(window, dict) else {}
        numbers = {key: float(value) for key, value in table.items() if _is_number(value)}
        if len(table) != 2 or set(numbers) != {"level", "width"} or numbers["width"] <= 0:
            raise self.wrong("window", "expected {level = -650, width = 1500} with a positive width")
        return Window(level=numbers["level"], width=numbers["width"])


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
