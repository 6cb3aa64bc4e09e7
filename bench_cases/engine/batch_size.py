"""How many things go through a network at once: as told, or as many as memory holds; halved when that runs out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from bench_cases.memory import DeviceMemory, is_exhausted

T = TypeVar("T")
U = TypeVar("U")

MOST: Final = 16
"""No more frames at once are chosen than this, whatever memory there is: segment-anything-fast's published rates were
reached with eight, and each frame of a batch waits for the last."""

SHARE: Final = 0.8
"""Share of the free memory that a chosen batch may fill; the rest is for what the decoder makes."""


@dataclass(slots=True, kw_only=True)
class BatchSize:
    """A number of things at once that gives way to the memory there is.

    Parameters
    ----------
    wanted
        How many; None to measure what one takes, and choose.
    memory
        Of the device; None where nothing can be measured. What is then to be chosen is 1.
    size
        How many go in now; None until it is chosen.
    halvings
        How often memory ran out.
    most
        How many went in at once so far.
    """

    wanted: int | None = 1
    memory: DeviceMemory | None = None
    size: int | None = field(init=False)
    halvings: int = field(init=False, default=0)
    most: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.size = 1 if self.wanted is None and self.memory is None else self.wanted

    @property
    def alone(self) -> bool:
        """Whether one at a time was asked for, so that nothing need be gathered."""
        return self.wanted == 1 or (self.wanted is None and self.memory is None)

    @property
    def tried(self) -> bool:
        """Whether so many went in before, or nothing is to be tried: what follows will neither be halved nor chosen."""
        return self.alone or (self.size is not None and self.most == self.size)

    @property
    def following(self) -> int:
        """How many to gather next: the first goes alone where its size is still to be measured."""
        return self.size or 1

    def over(self, things: Sequence[T], run: Callable[[Sequence[T]], Sequence[U]]) -> list[U]:
        """Put `things` through `run` in order, so many at once, and return what came out.

        Each time memory runs out the number is halved, for good, and the same things go in again.

        Raises
        ------
        Exception
            What `run` raises; of a device's memory only when it does not suffice for one.
        """
        done: list[U] = []
        while len(done) < len(things):
            part = things[len(done) : len(done) + self.following]
            if self._fits(part, run, done):
                continue
            # Here, and not where it was caught: the error's traceback held what is to be let go.
            if self.memory is not None:
                self.memory.let_go()
            self.size = len(part) // 2
            self.halvings += 1
        return done

    def to_json(self) -> dict[str, Any]:
        """Return what a report records: what was asked for, what came of it, and how often memory ran out."""
        return {"wanted": self.wanted or "auto", "size": self.following, "halvings": self.halvings}

    def _fits(self, part: Sequence[T], run: Callable[[Sequence[T]], Sequence[U]], done: list[U]) -> bool:
        try:
            if self.size is None and self.memory is not None:
                results, taken_bytes = self.memory.taken(lambda: run(part))
                self.size = chosen(taken_bytes, self.memory.free_bytes())
            else:
                results = run(part)
        except Exception as error:
            if len(part) > 1 and is_exhausted(error):
                return False
            raise
        done.extend(results)
        self.most = max(self.most, len(part))
        return True


def chosen(one_bytes: int, free_bytes: int) -> int:
    """Return the greatest power of two, up to `MOST`, of which `SHARE` of the free memory holds so many; 1 at least.

    >>> chosen(3 * 2**30, 40 * 2**30), chosen(3 * 2**30, 4 * 2**30), chosen(2**20, 2**40)
    (8, 1, 16)
    """
    fitting = min(MOST, int(SHARE * free_bytes) // max(one_bytes, 1))
    return 1 << (fitting.bit_length() - 1) if fitting else 1
