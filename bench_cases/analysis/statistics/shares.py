"""How many pairs got better, how many worse: what a mean difference does not say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Shares(NamedTuple):
    """Shares of pairs, 0..1, that add up to 1; all None without pairs."""

    improved: float | None
    worsened: float | None
    unchanged: float | None


def shares(a: Sequence[float], b: Sequence[float], *, higher_is_better: bool = True) -> Shares:
    """Return the shares of pairs in which B is better than A, worse, and equal.

    >>> shares([0.5, 0.5, 0.5, 0.5], [0.6, 0.7, 0.4, 0.5])
    Shares(improved=0.5, worsened=0.25, unchanged=0.25)
    """
    n = len(a)
    if not n:
        return Shares(None, None, None)
    up = sum(y > x for x, y in zip(a, b, strict=True))
    down = sum(y < x for x, y in zip(a, b, strict=True))
    improved, worsened = (up, down) if higher_is_better else (down, up)
    return Shares(improved / n, worsened / n, (n - up - down) / n)
