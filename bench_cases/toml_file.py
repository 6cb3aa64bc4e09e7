"""Reading TOML that nobody trusts: of bounded length, and whatever is wrong with it is one kind of error."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

LONGEST_BYTES: Final = 1 << 20
"""Bytes of a settings file; the longest preset that comes with sambench has some ten thousand."""

_MOST_DOTS: Final = 500
"""In a line: a dotted key takes Python's reader a time that grows with the square of its parts."""

_BITS: Final = 64
"""Of an integer, its sign included: what TOML 1.0 asks for; Python's reader takes any."""


def read_toml(path: Path) -> dict[str, Any]:
    """Return the table of a TOML file.

    Raises
    ------
    OSError
        When the file cannot be read.
    ValueError
        When it is too long, no UTF-8, no TOML, nested too deeply, or holds a number that TOML does not have.
    """
    with path.open("rb") as stream:
        return parse_toml(stream.read(LONGEST_BYTES + 1))


def parse_toml(content: bytes) -> dict[str, Any]:
    """Return the table that bytes of TOML stand for; see `read_toml`.

    Examples
    --------
    >>> parse_toml(b"dice = 0.9")
    {'dice': 0.9}
    """
    if len(content) > LONGEST_BYTES:
        msg = f"it has more than {LONGEST_BYTES} bytes"
        raise ValueError(msg)
    if max(line.count(b".") for line in content.split(b"\n")) > _MOST_DOTS:
        msg = f"it has a line with more than {_MOST_DOTS} dots"
        raise ValueError(msg)
    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
        _refuse_long_numbers(table)
    except RecursionError:
        msg = "it is nested too deeply"
        raise ValueError(msg) from None
    return table


def _refuse_long_numbers(value: Any) -> None:
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            _refuse_long_numbers(member)
    elif isinstance(value, int) and value.bit_length() >= _BITS and value != -(1 << _BITS - 1):
        msg = f"it has an integer of {value.bit_length()} bits, and {_BITS} with its sign are the most"
        raise ValueError(msg)
