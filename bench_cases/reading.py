"""The runner's reader: volumes from disk, each timed, and the next ones read while these are segmented."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    """Reads volumes: here, or ahead on a thread of its own.

    As many volumes lie ready beside those in use as were asked for ahead, so that memory does not grow with the number
    of volumes. Reads never run side by side: a reader may write phantoms, or unpack.

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
            if key in ahead.coming:
                return ahead.coming.pop(key).result()
            ahead.thread.join()
        return self._read(key, ahead=False)

    def read_ahead(self, *keys: Key) -> None:
        """Begin to read volumes, one after the other; what was read ahead before and is not among them is let go."""
        before = self._ahead
        coming: dict[Key, Future[Reading]] = {}
        if before is not None:
            if before.coming.keys() == set(keys):
                return
            before.thread.join()
            coming = {key: reading for key, reading in before.coming.items() if key in keys}
        new: dict[Key, Future[Reading]] = {key: Future() for key in keys if key not in coming}
        # A daemon, because a read that never comes back must not keep the process from ending.
        thread = Thread(target=self._promise, args=(new,), name="sambench-reader", daemon=True)
        self._ahead = _Ahead({**coming, **new}, thread)
        thread.start()

    def abandon(self) -> None:
        """Let go of what is being read, which may never come."""
        self._ahead = None

    def _promise(self, coming: Mapping[Key, Future[Reading]]) -> None:
        for key, reading in coming.items():
            try:
                reading.set_result(self._read(key, ahead=True))
            except BaseException as error:  # noqa: BLE001 - raised where the volume is asked for
                reading.set_exception(error)

    def _read(self, key: Key, *, ahead: bool) -> Reading:
        clock = Clock()
        try:
            with clock.stage("read"):
                volume: Volume | SambenchError = self.load(*key)
        except SambenchError as error:
            volume = error
        return Reading(key, volume, clock.samples_s.get("read", []), ahead=ahead)


class _Ahead(NamedTuple):
    """Reads under way, or done and not asked for yet."""

    coming: dict[Key, Future[Reading]]
    thread: Thread
