"""What may be typed behind an option: each parser returns the value, or says what was expected."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Final

from bench_cases.errors import SelectionError
from bench_cases.scale.shards import Shard
from bench_cases.volume import Window

LONGEST_S: Final = 1e7
"""Of a time limit, about four months: the timers of some systems take no more than a 32-bit number."""


def at_least(least: int) -> Callable[[str], int]:
    """Return a parser of whole numbers that are not below `least`."""

    def whole_number(text: str) -> int:
        value = int(text)
        if value < least:
            msg = f"{value} is less than {least}"
            raise ValueError(msg)
        return value

    return whole_number


def auto_or_number(of: str) -> Callable[[str], int | None]:
    """Return a parser of ``auto``, which is None, or how many `of` something."""

    def number(text: str) -> int | None:
        if text == "auto":
            return None
        try:
            return at_least(1)(text)
        except ValueError:
            msg = f"{text!r} is no number of {of}; expected auto, or a whole number from 1"
            raise argparse.ArgumentTypeError(msg) from None

    return number


def grey_window(text: str) -> Window | str:
    """Parse ``LEVEL,WIDTH``, or ``none``, which stays as it is."""
    if text == "none":
        return text
    level, width = (float(part) for part in text.split(","))
    if not width > 0:
        msg = f"width {width:g} is not above 0"
        raise ValueError(msg)
    return Window(level, width)


def seconds(text: str) -> float:
    """Parse a positive number of seconds."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= LONGEST_S:
        msg = f"{text!r} is no time limit; expected seconds above 0 and up to {LONGEST_S:g}: --sam-timeout=600"
        raise argparse.ArgumentTypeError(msg)
    return value


def part(text: str) -> Shard:
    """Parse ``i/n``."""
    try:
        return Shard.parse(text)
    except SelectionError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def tolerance_mm(text: str) -> float:
    """Parse a positive number of millimetres."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (value > 0 and math.isfinite(value)):
        msg = (
            f"{text!r} is no tolerance in mm; expected a positive number: --sam-surface=2, or --sam-surface at the end"
        )
        raise argparse.ArgumentTypeError(msg)
    return value


def gpu_share(text: str) -> float:
    """Parse a number of GPUs as Ray counts them: a share of one below 1, whole ones above.

    >>> gpu_share("0.25"), gpu_share("2")
    (0.25, 2.0)
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (0 <= value < math.inf) or (value > 1 and value != int(value)):
        msg = f"{text!r} is no number of GPUs; expected 0, a share of one such as 0.5, or a whole number"
        raise argparse.ArgumentTypeError(msg)
    return value
