"""Making another input of one by chance: bytes, numbers of two to eight bytes, numbers in text, words, lengths."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from random import Random

_INTEGERS = (0, 1, 2, 127, 128, 255, 32767, 32768, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1)
_FLOATS = (0.0, -1.0, 1e30, -1e30, 3e38, 1e-40, float("nan"), float("inf"), float("-inf"))
_WRITTEN = (
    *(b"0", b"-1", b"1", b"7", b"256", b"32768", b"65536", b"2147483647", b"4294967296", b"9223372036854775808"),
    *(b"99999999999999999999", b"1e308", b"1e309", b"-1e309", b"nan", b"-inf", b"0.0000001", b"9" * 5000),
)
_HEADER = 512
"""Half of all changes are made to the first bytes, where formats keep what they claim."""

_MOST_CHANGES = 4


def mutated(content: bytes, chance: Random, words: tuple[bytes, ...] = ()) -> bytes:
    """Return `content` with one to four changes."""
    changed = bytearray(content)
    for _ in range(chance.randint(1, _MOST_CHANGES)):
        if words and chance.random() < 0.25:
            _word(changed, chance, words)
        else:
            chance.choice(_CHANGES)(changed, chance)
    return bytes(changed)


def _place(changed: bytearray, chance: Random) -> int:
    end = min(len(changed), _HEADER) if chance.random() < 0.5 else len(changed)
    return chance.randrange(end) if end else 0


def _put(changed: bytearray, chance: Random, piece: bytes) -> None:
    at = _place(changed, chance)
    changed[at : at + len(piece)] = piece


def _flip(changed: bytearray, chance: Random) -> None:
    if changed:
        changed[_place(changed, chance)] ^= 1 << chance.randrange(8)


def _byte(changed: bytearray, chance: Random) -> None:
    _put(changed, chance, bytes([chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))]))


def _integer(changed: bytearray, chance: Random) -> None:
    size = chance.choice((2, 4, 8))
    value = (chance.choice(_INTEGERS) * chance.choice((1, -1))) % (1 << 8 * size)
    _put(changed, chance, value.to_bytes(size, chance.choice(("little", "big"))))


def _float(changed: bytearray, chance: Random) -> None:
    _put(changed, chance, struct.pack(chance.choice(("<f", ">f", "<d", ">d")), chance.choice(_FLOATS)))


def _written(changed: bytearray, chance: Random) -> None:
    """Replace a number that is written out, where there is one."""
    numbers = list(re.finditer(rb"-?[0-9][0-9.]*", bytes(changed[:4096])))
    if numbers:
        number = chance.choice(numbers)
        changed[number.start() : number.end()] = chance.choice(_WRITTEN)


def _cut(changed: bytearray, chance: Random) -> None:
    del changed[_place(changed, chance) :]


def _remove(changed: bytearray, chance: Random) -> None:
    at = _place(changed, chance)
    del changed[at : at + chance.choice((1, 2, 4, 16, 100))]


def _repeat(changed: bytearray, chance: Random) -> None:
    at = _place(changed, chance)
    piece = bytes(changed[at : at + chance.choice((1, 4, 16, 64, 512))])
    changed[at:at] = piece * chance.choice((1, 2, 30))


def _move(changed: bytearray, chance: Random) -> None:
    start = _place(changed, chance)
    _put(changed, chance, bytes(changed[start : start + chance.choice((2, 4, 8, 64))]))


def _word(changed: bytearray, chance: Random, words: tuple[bytes, ...]) -> None:
    at, word = _place(changed, chance), chance.choice(words)
    changed[at : at + (len(word) if chance.random() < 0.5 else 0)] = word


_CHANGES: tuple[Callable[[bytearray, Random], None], ...] = (
    *(_flip, _byte, _integer, _integer, _float, _written, _written, _cut, _remove, _repeat, _move),
)
