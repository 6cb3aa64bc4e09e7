"""The runner's reader: volumes from disk, each timed, and the next one read while this one is segmented."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

from bench_cases.errors import SambenchError
from bench_cases.timing import Clock
from bench_cases.volume import Volume

Key = tuple[str, str]
"""Dataset as selected, and id of the volume."""


class Reading(NamedTuple):
    """What reading a volume gave: the volume or what is wrong with it, and the seconds it took.

    `ahead` says that it was read beside other work, which both slow each other.
    """

    key: Key
    volume: Volume | SambenchError
    read_s: list[float]
    ahead: bool = False


@dataclass(slots=True, kw_only=True)
class Reader:
    """Reads one volume at a time, on one thread of its own once something was asked for ahead.

    At most one volume lies ready beside the one in use, so that memory does not grow with the number of volumes. Reads
    never run side by side: a reader may write phantoms, or unpack.

    Parameters
    ----------
    load
        Reads one volume. A `SambenchError` belongs to the volume and is part of the reading; any other exception is
        raised where the volume is asked for.
    """

    load: Callable[[str, str], Volume]
    _ahead: tuple[Key, Future[Reading]] | None = None
    _thread: ThreadPoolExecutor | None = field(default=None, repr=False)

    def read(self, key: Key) -> Reading:
        """Return the volume that was read ahead, or read it now."""
        if self._ahead is not None and self._ahead[0] == key:
            _, coming = self._ahead
            self._ahead = None
            return coming.result()
        if self._thread is None:
            return self._read(key, ahead=False)
        return self._thread.submit(self._read, key, ahead=False).result()

    def read_ahead(self, key: Key) -> None:
        """Begin to read a volume; what was read ahead before and never asked for is let go."""
        if self._ahead is not None and self._ahead[0] == key:
            return
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="sambench-reader")
        if self._ahead is not None:
            self._ahead[1].cancel()
        self._ahead = (key, self._thread.submit(self._read, key, ahead=True))

    def close(self) -> None:
        """Let go of what was read ahead, and end the thread when its read is over."""
        self._ahead = None
        if self._thread is not None:
            self._thread.shutdown(wait=True, cancel_futures=True)
            self._thread = None

    def abandon(self) -> None:
        """Let go of the thread as it is: its read may never come back."""
        self._ahead = None
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)
            self._thread = None

    def _read(self, key: Key, *, ahead: bool) -> Reading:
        clock = Clock()
        try:
            with clock.stage("read"):
                volume: Volume | SambenchError = self.load(*key)
        except SambenchError as error:
            volume = error
        return Reading(key, volume, clock.samples_s.get("read", []), ahead=ahead)
