"""A machine without a network: whoever tries to reach anybody is told so, in this process and in any thread of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_ASKS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.sendto", "socket.sendmsg")
_tried: list[str] | None = None
_listening = False


@contextmanager
def forbidden() -> Iterator[list[str]]:
    """Forbid connections and look-ups of names; yields what was tried nevertheless. Local sockets are no network.

    Python's audit hooks see every socket that is made through Python; once added they stay, and do nothing outside.
    """
    global _tried, _listening  # noqa: PLW0603 - an audit hook cannot be given anything, nor be removed
    if not _listening:
        sys.addaudithook(_look)
        _listening = True
    _tried = []
    try:
        yield _tried
    finally:
        _tried = None


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if _tried is None or not event.startswith("socket."):
        return
    if event in _ASKS or (event == "socket.connect" and not isinstance(arguments[1], (str, bytes))):
        _tried.append(f"{event}{arguments[1:]}" if event == "socket.connect" else f"{event}{arguments}")
        msg = f"the network is forbidden here: {_tried[-1]}"
        raise OSError(msg)
