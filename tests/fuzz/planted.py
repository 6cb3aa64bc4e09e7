"""Defects that are known, for the engines to find: what finds nothing proves nothing."""

from __future__ import annotations

import os
from pathlib import Path

from bench_cases.errors import DataError
from tests.fuzz.target import Target

_WHOLE = b"whole"


def _raise(content: bytes, folder: Path) -> None:
    if content == _WHOLE:
        raise DataError("it is refused")
    (folder / "file").write_bytes(content)
    raise KeyError(content[:1])


def _die(content: bytes, _: Path) -> None:
    if content != _WHOLE:
        os.abort()


def _believe(content: bytes, _: Path) -> None:
    if content != _WHOLE:
        raise DataError("it does not fit into memory")


def _whole(_: Path) -> list[bytes]:
    return [_WHOLE]


TARGETS = (
    Target(name="raises", feed=_raise, corpus=_whole),
    Target(name="dies", feed=_die, corpus=_whole),
    Target(name="believes", feed=_believe, corpus=_whole),
)
