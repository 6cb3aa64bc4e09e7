"""Encoded frames of one volume: each is encoded once and kept while there is room, so that passes share them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import islice

from bench_cases.contracts import Embedding
from bench_cases.frames import Frame

DEFAULT_BUDGET_BYTES = 4 * 2**30
"""Room for encoded frames: about 240 slices of SAM 2 at 1024 in fp32 (16.8 MB each)."""

Key = int | Fraction
"""What a frame is known by: a slice by its index, a frame between two slices by the fraction at which it lies, and a
foreign seed frame by a negative number."""

FIRST_SEED_KEY = -1
"""Keys of foreign seed frames count down from here."""


@dataclass(slots=True)
class FeatureStore:
    """Encodes on demand, and ahead of that; forgets the least recently used frames when the budget is spent.

    Parameters
    ----------
    frame
        Makes the frame of a key.
    encode
        Encodes a frame.
    encode_many
        Encodes frames in one run; None where that is not to be had.
    budget_bytes
        Bytes to keep; the frame in hand is kept whatever its size.
    ahead
        Most frames in one run of the encoder: the one asked for, and what its video comes to next and is not held.
        Fewer where the budget would not keep so many for each of the `videos`.
    encoder_runs, runs_between
        Frames encoded so far, and those of them that lie between two slices.
    videos
        How many videos are looked at by turns.
    most_bytes
        Most bytes that were held at a time.
    """

    frame: Callable[[Key], Frame]
    encode: Callable[[Frame], Embedding]
    budget_bytes: int = DEFAULT_BUDGET_BYTES
    encode_many: Callable[[Sequence[Frame]], Sequence[Embedding]] | None = None
    ahead: int = 1
    encoder_runs: int = 0
    runs_between: int = 0
    videos: int = 1
    most_bytes: int = 0
    _kept: OrderedDict[Key, Embedding] = field(default_factory=OrderedDict)
    _held_bytes: int = 0

    def get(self, key: Key, then: Iterable[Key] = ()) -> Embedding:
        """Return the encoded frame of `key`, encoding it when it is not held, and with it some of those that follow.

        Parameters
        ----------
        then
            What will be asked for next, in order.
        """
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        # The frame asked for last, so that it is kept when all others have to go.
        keys = [*reversed(self._missing(then)), key]
        frames = [self.frame(one) for one in keys]
        several = self.encode_many if len(frames) > 1 else None
        encoded = [self.encode(it) for it in frames] if several is None else several(frames)
        for one, embedding in zip(keys, encoded, strict=True):
            self.encoder_runs += 1
            self.runs_between += isinstance(one, Fraction)
            self._kept[one] = embedding
            self._held_bytes += embedding.nbytes
        while self._held_bytes > self.budget_bytes and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._held_bytes -= dropped.nbytes
        self.most_bytes = max(self.most_bytes, self._held_bytes)
        return self._kept[key]

    def _missing(self, then: Iterable[Key]) -> list[Key]:
        """Return what to encode beside the frame asked for; nothing before one frame's size is known."""
        if self.encode_many is None or self.ahead == 1 or not self._kept:
            return []
        each = max(1, self._held_bytes // len(self._kept))
        wanted = min(self.ahead, self.budget_bytes // each // self.videos) - 1
        return list(islice((key for key in then if key not in self._kept), max(0, wanted)))

    def video(self, keys: Sequence[Key]) -> Video:
        """Return the encoded frames of `keys` as a lazy sequence in that order."""
        return Video(store=self, keys=tuple(keys))


@dataclass(frozen=True, slots=True, kw_only=True)
class Video(Sequence[Embedding]):
    """Frames in the order in which a model is to see them, encoded when asked for."""

    store: FeatureStore
    keys: tuple[Key, ...]

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.keys)

    def __getitem__(self, position: int) -> Embedding:  # type: ignore[override]
        """Return the encoded frame at `position`."""
        return self.store.get(self.keys[position], islice(self.keys, position + 1, None))
