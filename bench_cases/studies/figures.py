"""Published figures: what a study says came out, and which of its cells the figure is of."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final

FIGURES: Final = ("dice", "jaccard")

EVERY_SET: Final = "*"
"""Stands for the mean over all sets of a study, each set counting once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """One figure, or a pair of them, of a study.

    Parameters
    ----------
    set
        Name of the set as the study has it, or `EVERY_SET`.
    model, strategy
        Names in this project's grammar.
    dice, jaccard
        Means, 0..1; None where the study does not say.
    volumes, slices
        How many the mean is over, as far as the study says.
    source
        Section, table or file in which the figure stands.
    """

    set: str
    model: str
    strategy: str
    dice: float | None = None
    jaccard: float | None = None
    volumes: int | None = None
    slices: int | None = None
    source: str

    @property
    def cell(self) -> tuple[str, str, str]:
        """Set, model and strategy."""
        return self.set, self.model, self.strategy

    def to_json(self) -> dict[str, Any]:
        """Return the form in which a report keeps it."""
        return asdict(self)
