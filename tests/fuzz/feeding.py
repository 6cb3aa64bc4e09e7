"""Feeding one input after another to a target, and counting what comes of it."""

from __future__ import annotations

import gc
import hashlib
import resource
import shutil
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from bench_cases.errors import SambenchError
from tests.fuzz.count import Count
from tests.fuzz.target import Target

CLAIMED_MEMORY = "does not fit into memory"
"""The last resort of `read_image`: a claim that was believed until memory ran out."""


class Feeding:
    """One target, fed in this process.

    Parameters
    ----------
    folder
        Working folder; each input gets an empty one below it.
    keep
        Where inputs go that ended badly, one for each kind of crash.
    in_hand
        Told each input before it is fed, and None after it: whoever watches knows what a process died of.
    """

    def __init__(
        self, target: Target, folder: Path, keep: Path, *, in_hand: Callable[[bytes | None], object] = lambda _: None
    ) -> None:
        self.target, self.count = target, Count()
        self._folder, self._keep, self._in_hand = folder, keep, in_hand
        self._seen: set[str] = set()
        self._idle_bytes: int | None = None

    def feed(self, content: bytes) -> None:
        """Feed one input."""
        self._in_hand(content)
        began = time.process_time()
        refusal, error = self._outcome(content)
        if error is not None and _out_of_memory(error):
            # What earlier inputs left in cycles is no claim of this one: that goes first, and then it is asked again.
            del refusal, error
            gc.collect()
            refusal, error = self._outcome(content)
        self.count.runs += 1
        self.count.refused += refusal
        self.count.accepted += not refusal and error is None
        if error is not None:
            self._note(content, error)
        self.count.slowest_ms = max(self.count.slowest_ms, 1000 * (time.process_time() - began))
        self._in_hand(None)

    def _outcome(self, content: bytes) -> tuple[bool, BaseException | None]:
        """Return whether an input is refused, and what is wrong with how it ends."""
        work = self._folder / "input"
        work.mkdir()
        try:
            self.target.feed(content, work)
        except SambenchError as error:
            bad = CLAIMED_MEMORY in str(error) or not _is_plain(str(error))
            return True, error if bad else None
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            return False, error
        finally:
            shutil.rmtree(work)
        return False, None

    def begin(self) -> None:
        """Take what was fed so far for the start: imports and caches are not the input's."""
        gc.collect()
        self.count.slowest_ms = 0.0
        self._idle_bytes = _resident_bytes()

    def end(self) -> Count:
        """Return the figures."""
        if self._idle_bytes is not None:
            self.count.peak_mb = max(0, _peak_bytes() - self._idle_bytes) / 1e6
        return self.count

    def _note(self, content: bytes, error: BaseException) -> None:
        self.count.crashes += 1
        where = traceback.extract_tb(error.__traceback__)[-1]
        kind = f"{type(error).__name__} at {Path(where.filename).name}:{where.lineno}"
        if kind not in self._seen:
            self._seen.add(kind)
            self.count.found.append(f"{kind}: {str(error)[:160]!r} ({saved(content, self.target, self._keep)})")


def saved(content: bytes, target: Target, keep: Path) -> str:
    """Keep an input and return the name of its file."""
    keep.mkdir(parents=True, exist_ok=True)
    path = keep / f"{target.name}-{hashlib.sha256(content).hexdigest()[:12]}"
    path.write_bytes(content)
    return path.name


def _out_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or CLAIMED_MEMORY in str(error)


def _is_plain(message: str) -> bool:
    """Whether a message can be shown: some words, and nothing that steers a terminal or cannot be encoded."""
    return bool(message.strip()) and all(letter.isprintable() or letter in "\n\t" for letter in message)


def _resident_bytes() -> int:
    status = Path("/proc/self/statm")
    return int(status.read_text().split()[1]) * resource.getpagesize() if status.exists() else _peak_bytes()


def _peak_bytes() -> int:
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux kibibytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
