"""A kind of input that a stranger may have made: what it is fed to, and what to begin from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.fuzz.mutate import mutated

LONGEST_BYTES = 1 << 20
"""Inputs are no longer: what a few bytes can claim is the matter, not what many bytes hold."""

Vary = Callable[[bytes, Random, tuple[bytes, ...]], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One kind of input.

    Parameters
    ----------
    name
        As figures and commands call it.
    feed
        Takes the input and an empty folder of its own; returns, or raises a `SambenchError`. Anything else is a defect.
    corpus
        Makes whole inputs to begin from, in an empty folder of its own.
    words
        Pieces that this kind of input is made of, put in by mutations.
    real
        Endings of the names of real files that are inputs of this kind.
    vary
        Makes another input of one, with a source of chance and `words`.
    """

    name: str
    feed: Callable[[bytes, Path], object]
    corpus: Callable[[Path], Iterable[bytes]]
    words: tuple[bytes, ...] = ()
    real: tuple[str, ...] = ()
    vary: Vary = mutated
