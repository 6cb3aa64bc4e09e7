"""Pairing: two sets of observations are joined by key, never by position, and what has no partner is listed."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from bench_cases.errors import ReportError

SideName = Literal["A", "B"]
"""The two sides of a comparison."""


class Key(NamedTuple):
    """What one observation is of: a volume under a strategy, or one slice of it."""

    dataset: str
    volume: str
    strategy: str
    slice_index: int | None = None

    def __str__(self) -> str:
        where = "" if self.slice_index is None else f" slice {self.slice_index}"
        return f"{self.dataset}/{self.volume} {self.strategy}{where}"


class Observation(NamedTuple):
    """One number; NaN where there is none, and then `note` says why."""

    key: Key
    value: float
    note: str = ""


class LeftOut(NamedTuple):
    """An observation that is in no test: on which side it fails, and why."""

    key: Key
    side: SideName
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Observations with a partner (``a[i]`` belongs to ``b[i]`` and ``keys[i]``), and those without."""

    keys: tuple[Key, ...]
    a: tuple[float, ...]
    b: tuple[float, ...]
    left_out: tuple[LeftOut, ...]


def pair(a: Iterable[Observation], b: Iterable[Observation]) -> Pairing:
    """Join two sets of observations by key, in the order of the keys.

    Raises
    ------
    ReportError
        When a key stands twice on one side: which of the two is meant cannot be known.

    Examples
    --------
    >>> k = [Key("d", "v1", "s"), Key("d", "v2", "s")]
    >>> pairing = pair([Observation(k[1], 2.0), Observation(k[0], 1.0)], [Observation(k[0], 1.5)])
    >>> pairing.a, pairing.b, [str(left.key) + ": " + left.reason for left in pairing.left_out]
    ((1.0,), (1.5,), ['d/v2 s: no partner in B'])
    """
    in_a, in_b = _by_key(a, "A"), _by_key(b, "B")
    keys: list[Key] = []
    left_out: list[LeftOut] = []
    for key in sorted({*in_a, *in_b}, key=_order):
        reasons = [*_undefined(key, "A", in_a), *_undefined(key, "B", in_b)]
        # Where one side has said why it has no value, the other's silence is no news.
        reasons = reasons or [*_absent(key, "A", in_a), *_absent(key, "B", in_b)]
        left_out.extend(reasons)
        if key in in_a and key in in_b and not reasons:
            keys.append(key)
    return Pairing(
        keys=tuple(keys),
        a=tuple(in_a[key].value for key in keys),
        b=tuple(in_b[key].value for key in keys),
        left_out=tuple(left_out),
    )


def _order(key: Key) -> tuple[str, str, str, int]:
    return key.dataset, key.volume, key.strategy, -1 if key.slice_index is None else key.slice_index


def _undefined(key: Key, side: SideName, found: dict[Key, Observation]) -> list[LeftOut]:
    observation = found.get(key)
    if observation is None or math.isfinite(observation.value):
        return []
    return [LeftOut(key, side, f"{observation.note or 'undefined'} in {side}")]


def _absent(key: Key, side: SideName, found: dict[Key, Observation]) -> list[LeftOut]:
    # A volume without a result has an entry of its own, which speaks for its slices.
    if key in found or key._replace(slice_index=None) in found:
        return []
    return [LeftOut(key, side, f"no partner in {side}")]


def _by_key(observations: Iterable[Observation], side: SideName) -> dict[Key, Observation]:
    found: dict[Key, Observation] = {}
    for observation in observations:
        if observation.key in found:
            msg = (
                f"{observation.key} stands twice in {side} "
                f"({found[observation.key].value:g} and {observation.value:g}); "
                "expected each key once. Compare reports of single runs."
            )
            raise ReportError(msg)
        found[observation.key] = observation
    return found
