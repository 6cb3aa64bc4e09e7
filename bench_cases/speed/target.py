"""A figure that a comparison is to reach, and whether it did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from bench_cases.speed.comparison import Comparison, Row

Measure = Literal["ratio", "processor ratio", "roofline", "masks"]

_WORDS: Final[dict[Measure, str]] = {
    "ratio": "times {baseline}",
    "processor ratio": "times {baseline}, by processor time",
    "roofline": "of the device's matrix rate",
    "masks": "of Dice with the masks of {baseline}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The least that the engine's best contender is to reach.

    Parameters
    ----------
    plan
        Name of the `Plan` it is about.
    measure
        ``ratio`` of speeds by wall or processor time, ``roofline``, the share of the measured matrix rate, or
        ``masks``, how far they are those of the baseline.
    baseline
        What the plan's first contender is called in a sentence.
    """

    plan: str
    measure: Measure
    least: float
    baseline: str = "the library in fp32"

    def judge(self, comparisons: Sequence[Comparison]) -> dict[str, Any]:
        """Return the target, what was ``found``, ``by`` whom, and if ``reached``; None where nothing was measured."""
        rows = [
            row for it in comparisons if it.name == self.plan for row in it.rows[1:] if row.name.startswith("sambench")
        ]
        best = max(rows, key=self._figure, default=None)
        return {
            "text": f"{self.plan}: at least {self.least:g} {_WORDS[self.measure].format(baseline=self.baseline)}",
            "plan": self.plan,
            "measure": self.measure,
            "least": self.least,
            "found": None if best is None else self._figure(best),
            "by": None if best is None else best.name,
            "reached": None if best is None else self._figure(best) >= self.least,
        }

    def _figure(self, row: Row) -> float:
        if self.measure == "roofline":
            return row.roofline_share
        if self.measure == "masks":
            same = row.agreement.same_masks
            return 1.0 if row.agreement.voxels_differ == 0 else same if same is not None else 0.0
        return (row.speedup if self.measure == "ratio" else row.processor_speedup).value
