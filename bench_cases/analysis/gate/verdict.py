"""A verdict: one thing that was looked at, what was found, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Outcome = Literal["pass", "regression", "undecided"]

EXIT: Final[dict[Outcome, int]] = {"pass": 0, "regression": 1, "undecided": 2}
"""Outcome to the exit status of the gate; a regression outweighs what is undecided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One verdict.

    Parameters
    ----------
    kind
        ``cases``, ``floor``, ``quality``, ``speed``, ``memory`` or ``run``.
    subject
        What it is about: dataset, strategy, model and metric, or a case.
    reason
        The numbers behind it, in a line.
    """

    outcome: Outcome
    kind: str
    subject: str
    reason: str

    def __str__(self) -> str:
        return f"{self.outcome.upper():<10} {self.kind:<7} {self.subject}: {self.reason}"


def exit_status(verdicts: Iterable[Verdict]) -> int:
    """Return 1 when there is a regression, else 2 when something is undecided, else 0.

    >>> exit_status([])
    0
    """
    found = {verdict.outcome for verdict in verdicts}
    return 1 if "regression" in found else 2 if "undecided" in found else 0
