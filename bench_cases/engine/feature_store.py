"""Encoded frames of one volume: each is encoded once and kept while there is room, so that passes share them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

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
    """Encodes on demand; forgets the least recently used frame when the budget is spent.

    Parameters
    ----------
    frame
        Makes the frame of a key.
    encode
        Encodes a frame.
    budget_bytes
        Bytes to keep; the frame in hand is kept whatever its size.
    encoder_runs, runs_between
        Frames encoded so far, and those of them that lie between two slices.
    """

    frame: Callable[[Key], Frame]
    encode: Callable[[Frame], Embedding]
    budget_bytes: int = DEFAULT_BUDGET_BYTES
    encoder_runs: int = 0
    runs_between: int = 0
    _kept: OrderedDict[Key, Embedding] = field(default_factory=OrderedDict)
    _held_bytes: int = 0

    def get(self, key: Key) -> Embedding:
        """Return the encoded frame of `key`, encoding it when it is not held."""
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        embedding = self.encode(self.frame(key))
        self.encoder_runs += 1
        self.runs_between += isinstance(key, Fraction)
        self._kept[key] = embedding
        self._held_bytes += embedding.nbytes
        while self._held_bytes > self.budget_bytes and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._held_bytes -= dropped.nbytes
        return embedding

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
        return self.store.get(self.keys[position])
