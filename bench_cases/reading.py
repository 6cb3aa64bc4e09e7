"""The runner's reader: volumes from disk, each timed, and the next one read while this one is segmented."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
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
    """Reads one volume at a time: here, or ahead on a thread of its own.

    At most one volume lies ready beside the one in use, so that memory does not grow with the number of volumes. Reads
    never run side by side: a reader may write phantoms, or unpack.

    Parameters
    ----------
    load
        Reads one volume. A `SambenchError` belongs to the volume and is part of the reading; any other exception is
        raised where the volume is asked for.
    """

    load: Callable[[str, str], Volume]
    _ahead: _Ahead | None = None

    def read(self, key: Key) -> Reading:
        """Return the volume that was read ahead, or read it now."""
        ahead = self._ahead
        if ahead is not None:
            ahead.thread.join()
            if ahead.key == key:
                self._ahead = None
                return ahead.coming.result()
        return self._read(key, ahead=False)

    def read_ahead(self, key: Key) -> None:
        """Begin to read a volume; what was read ahead before and never asked for is let go."""
        if self._ahead is not None:
            if self._ahead.key == key:
                return
            self._ahead.thread.join()
        coming: Future[Reading] = Future()
        # A daemon, because a read that never comes back must not keep the process from ending.
        thread = Thread(target=self._promise, args=(key, coming), name="sambench-reader", daemon=True)
        self._ahead = _Ahead(key, coming, thread)
        thread.start()

    def abandon(self) -> None:
        """Let go of what is being read, which may never come."""
        self._ahead = None

    def _promise(self, key: Key, coming: Future[Reading]) -> None:
        try:
            coming.set_result(self._read(key, ahead=True))
        except BaseException as error:  # noqa: BLE001 - raised where the volume is asked for
            coming.set_exception(error)

    def _read(self, key: Key, *, ahead: bool) -> Reading:
        clock = Clock()
        try:
            with clock.stage("read"):
                volume: Volume | SambenchError = self.load(*key)
        except SambenchError as error:
            volume = error
        return Reading(key, volume, clock.samples_s.get("read", []), ahead=ahead)


class _Ahead(NamedTuple):
    """A read under way, or done and not asked for yet."""

    key: Key
    coming: Future[Reading]
    thread: Thread
