"""Things made on a background thread, a few ahead of where they are wanted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

K = TypeVar("K")
T = TypeVar("T")


@contextmanager
def made_ahead(make: Callable[[K], T], keys: Sequence[K], *, depth: int) -> Iterator[Iterator[T]]:
    """Call `make` on each key, in order, on a thread that is at most `depth` results ahead of the reader.

    What `make` raises is raised to the reader in the place of that result. The thread has ended when the ``with`` block
    is left, however it is left; what was not begun then is never made.

    Examples
    --------
    >>> with made_ahead(lambda number: number * number, [1, 2, 3], depth=2) as squares:
    ...     list(squares)
    [1, 4, 9]
    """
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sambench-ahead")
    rest = iter(keys)
    waiting: deque[Future[T]] = deque()

    def results() -> Iterator[T]:
        waiting.extend(thread.submit(make, key) for key in islice(rest, depth))
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(thread.submit(make, key) for key in islice(rest, 1))
            yield result

    try:
        yield results()
    finally:
        thread.shutdown(wait=True, cancel_futures=True)
