"""One process at a time at one place: the second waits until the first is done, and then finds the work done."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from bench_cases._assets.notices import say
from bench_cases.errors import AssetError


@contextlib.contextmanager
def only_one(place: Path) -> Iterator[None]:
    """Hold the lock of a file or folder that is about to be made; the operating system frees it if we die.

    Raises
    ------
    AssetError
        When the folder that `place` is in cannot be written to.
    """
    from filelock import FileLock, Timeout

    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(place.with_name(f".{place.name}.lock"))
        try:
            lock.acquire(blocking=False)
        except Timeout:
            say(f"{place.name} is being fetched by another process; waiting for it.")
            lock.acquire(poll_interval=0.05)
    except OSError as error:
        msg = (
            f"{place.parent} cannot be made ({error.strerror}); expected a directory that can be written. "
            "Set SAMBENCH_CACHE or SAMBENCH_DATA to another one."
        )
        raise AssetError(msg) from error
    try:
        yield
    finally:
        lock.release()
