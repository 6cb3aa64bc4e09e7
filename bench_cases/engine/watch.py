"""How the engine tells of its progress: a callable, so that it need not know who is looking."""

from __future__ import annotations

from collections.abc import Callable

Watch = Callable[[str, int, int], None]
"""Called with what is being done, how many are done, and how many there are."""


def nobody(what: str, done: int, total: int) -> None:
    """Look away."""
