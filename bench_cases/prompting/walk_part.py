"""The part of a strategy's name that says what a walk goes by: the order of an unordered set, or frames in between.

Both come after the direction: ``dataset.box.forward.order=similar``, ``middle.box.both.interpolate=2``.
"""

from __future__ import annotations

import difflib
import re
from typing import Final, Literal, get_args

from bench_cases.errors import StrategyError

Order = Literal["listed", "similar"]
ORDERS: Final[tuple[Order, ...]] = get_args(Order)
ORDER: Final = "order="
"""Start of the part that orders a set of images which are not slices of one body."""

INTERPOLATE: Final = "interpolate="
"""Start of the part that puts frames between neighbouring slices."""

WALKS: Final = (f"{ORDER}similar", f"{INTERPOLATE}K")
"""How the part looks, K a whole number."""


def is_walk(part: str) -> bool:
    """Whether a part of a name says what the walk goes by, rightly or wrongly.

    >>> is_walk("order=similar"), is_walk("interpolate=0"), is_walk("both")
    (True, True, False)
    """
    return part.startswith((ORDER, INTERPOLATE))


def parse_walk(name: str, rest: list[str], *, direction: str | None) -> tuple[Order, int]:
    """Take the parts of a walk from the front of `rest`; return the order and the number of frames in between.

    Raises
    ------
    StrategyError
        When such a part means nothing, or has nothing to go by.
    """
    parts = []
    while rest and is_walk(rest[0]):
        parts.append(rest.pop(0))
    if not parts:
        return "listed", 0
    if direction is None:
        msg = (
            f"strategy {name!r} says {parts[0]!r} where nothing is propagated; expected a direction before it, such as "
            "'middle.composite.forward.order=similar', or leave it out."
        )
        raise StrategyError(msg)
    if len(parts) > 1:
        msg = (
            f"strategy {name!r} says both {parts[0]!r} and {parts[1]!r}; expected one of them: {ORDER} is for images "
            f"that are not slices of one body, and {INTERPOLATE} for slices that are."
        )
        raise StrategyError(msg)
    (part,) = parts
    return _order(name, part, direction) if part.startswith(ORDER) else ("listed", _between(name, part))


def _order(name: str, part: str, direction: str) -> tuple[Order, int]:
    known = {f"{ORDER}{order}": order for order in ORDERS}
    if part not in known:
        near = difflib.get_close_matches(part, known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        msg = f"strategy {name!r}: {part!r} is not an order; expected one of {', '.join(known)}.{hint}"
        raise StrategyError(msg)
    if known[part] == "similar" and direction != "forward":
        better = name.replace(f".{direction}.", ".forward.", 1)
        msg = (
            f"strategy {name!r} goes {direction!r} ways through images ordered by their similarity to the seed; "
            f"expected 'forward', because such an order leads away from the seed once: {better!r}."
        )
        raise StrategyError(msg)
    return known[part], 0


def _between(name: str, part: str) -> int:
    number = re.fullmatch(r"[1-9][0-9]*", part.removeprefix(INTERPOLATE))
    if number is None:
        msg = (
            f"strategy {name!r}: {part!r} is not a number of frames between neighbouring slices; expected a whole "
            f"number from 1 up, such as {INTERPOLATE}2."
        )
        raise StrategyError(msg)
    return int(number[0])
