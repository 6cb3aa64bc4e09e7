"""What came of feeding a target: how often, and what should not have been."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class Count:
    """Figures of one target under one engine; `crashes` must be nought.

    Parameters
    ----------
    runs
        Inputs that were fed.
    refused, accepted
        Of these, those that ended in an error of the project's own, and those that were read.
    crashes
        Those that ended in anything else: another error, a dead process, too much time or memory.
    slowest_ms
        Processor time of the slowest input.
    peak_mb
        By how much the process's memory rose at most.
    found
        A line for each kind of crash, with the file that holds the input.
    """

    runs: int = 0
    refused: int = 0
    accepted: int = 0
    crashes: int = 0
    slowest_ms: float = 0.0
    peak_mb: float = 0.0
    found: list[str] = field(default_factory=list)

    def add(self, other: Count) -> None:
        """Take in what another process counted of the same target."""
        for name in ("runs", "refused", "accepted", "crashes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.slowest_ms = max(self.slowest_ms, other.slowest_ms)
        self.peak_mb = max(self.peak_mb, other.peak_mb)
        self.found += [line for line in other.found if line not in self.found]

    def to_json(self) -> dict[str, Any]:
        """The figures, rounded to what a measurement gives."""
        return {**asdict(self), "slowest_ms": round(self.slowest_ms, 1), "peak_mb": round(self.peak_mb, 1)}
