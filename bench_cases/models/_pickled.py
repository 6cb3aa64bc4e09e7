"""What a pickle names, told from its bytes: nothing is imported, called or built.

This serves messages alone. What may be read is decided by torch's unpickler; a file that hides its names from this
reading is refused all the same.
"""

from __future__ import annotations

import io
import pickletools
import re
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

_MOST_BYTES: Final = 16 << 20
"""Names stand before the tensors in the older form of file, and take no more than this."""

_PARTS: Final = 5
"""The older form is so many pickles in a row: a magic number, a version, the machine, the object, keys of tensors."""

_USUAL: Final = re.compile(r"(torch|collections)\b.*")
"""Modules of what any file of weights names."""


class Pickled(NamedTuple):
    """The protocol of a file's pickles, None where not one is whole, and what they name that is not torch's own."""

    protocol: int | None
    strangers: tuple[str, ...]


def look_into(path: Path) -> Pickled:
    """Read a torch file's pickles as text, as far as they can be."""
    protocols: list[int] = []
    names: list[str] = []
    with io.BytesIO(_pickles_of(path)) as pickles, suppress(Exception):  # cut short: what was named before that counts
        protocols.extend(_read_one(pickles, names) for _ in range(_PARTS))
    strangers = [name for name in dict.fromkeys(names) if re.fullmatch(r"[\w.]+", name) and not _USUAL.fullmatch(name)]
    return Pickled(max(protocols, default=None), tuple(strangers))


def _pickles_of(path: Path) -> bytes:
    with suppress(Exception), zipfile.ZipFile(path) as archive:  # else no zip, or a damaged one
        inner = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
        with archive.open(inner) as file:
            return file.read(_MOST_BYTES)
    with path.open("rb") as file:
        return file.read(_MOST_BYTES)


def _read_one(pickles: io.BytesIO, names: list[str]) -> int:
    """Add what one pickle names to `names` and return its protocol."""
    protocol = 0
    texts: list[str] = []
    memo: dict[int, str] = {}
    argument: Any  # a text, a number or none, as the opcode has it
    for opcode, argument, _ in pickletools.genops(pickles):
        if opcode.name == "PROTO":
            protocol = argument
        elif opcode.name == "GLOBAL":
            names.append(argument.replace(" ", "."))
        elif opcode.name == "STACK_GLOBAL":  # module and name are the two texts before it
            names.append(".".join(texts[-2:]))
        elif opcode.name in {"GET", "BINGET", "LONG_BINGET"}:
            texts.append(memo.get(int(argument), ""))
        elif opcode.name == "MEMOIZE":
            memo[len(memo)] = texts[-1] if texts else ""
        elif isinstance(argument, str):
            texts.append(argument)
    return protocol
