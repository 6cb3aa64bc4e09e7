"""Making another JSON document of one: a value is another, a key is gone or new, and all of it is still JSON."""

from __future__ import annotations

import json
from copy import deepcopy
from random import Random
from typing import Any

from tests.fuzz.mutate import mutated

_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 10**400, 1e308, -0.0, 0.5),
    *("", "a", "0", "nan", "a" * 3000, "\x1b[31m\x07", "\ud800", "\u202e", "../..", "/", "\0"),
    *([], {}, [[]], [None], [{}], {"": None}, {"name": {}}, [1, "a", None], [1e308, 10**400]),
)
_DEEP = ('{"a":' * 100_000 + "1" + "}" * 100_000, "[" * 100_000)


def varied_json(content: bytes, chance: Random, words: tuple[bytes, ...] = ()) -> bytes:
    """Return a JSON document with one to three values changed; now and then with bytes changed, or endlessly deep."""
    way = chance.random()
    if way < 0.01:
        return chance.choice(_DEEP).encode()
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError):
        way = 0.0
    if way < 0.15:
        return mutated(content, chance, words)
    for _ in range(chance.randint(1, 3)):
        tree = _changed(tree, chance)
    return json.dumps(tree).encode("utf-8", "surrogatepass")


def varied_lines(content: bytes, chance: Random, words: tuple[bytes, ...] = ()) -> bytes:
    """Return lines of JSON of which one or two are others; the order of keys stays."""
    lines = content.split(b"\n")
    for _ in range(chance.randint(1, 2)):
        at = chance.randrange(len(lines))
        lines[at] = varied_json(lines[at], chance, words)
    if chance.random() < 0.1:
        lines.insert(chance.randrange(len(lines)), chance.choice(lines))
    return b"\n".join(lines)


def _changed(tree: Any, chance: Random) -> Any:
    """Go down by chance and change what is there."""
    if not isinstance(tree, dict | list) or not tree or chance.random() < 0.1:
        return deepcopy(chance.choice(_VALUES))
    key = chance.choice(list(tree) if isinstance(tree, dict) else range(len(tree)))
    way = chance.random()
    if way < 0.08:
        del tree[key]
    elif way < 0.12 and isinstance(tree, dict):
        tree[chance.choice(("", "x", "\x1b[1m", str(key) * 2))] = tree.pop(key)
    elif way < 0.12 and isinstance(tree, list):
        tree.append(tree[key])
    else:
        tree[key] = _changed(tree[key], chance)
    return tree
