"""A verdict: one thing that was looked at, what was found, and why."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

Outcome = Literal["pass", "regression", "undecided"]

EXIT: Final[dict[Outcome, int]] = {"pass": 0, "regression": 1, "undecided": 2}
"""Outcome to the exit status of the gate; a regression outweighs what is undecided."""

Undecided = Literal["apart", "fail", "pass"]
"""What verdicts count as that only more data would decide: an exit status of their own, or another outcome's."""


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
    more_data
        Whether it is undecided for want of data alone: more volumes or samples would decide it. Runs that cannot be
        compared, and cases that are not there, are not of this kind.
    """

    outcome: Outcome
    kind: str
    subject: str
    reason: str
    more_data: bool = False

    def __str__(self) -> str:
        return f"{self.outcome.upper():<10} {self.kind:<7} {self.subject}: {self.reason}"


def exit_status(verdicts: Iterable[Verdict], *, undecided: Undecided = "apart") -> int:
    """Return 1 when there is a regression, else 2 when something is undecided, else 0.

    Parameters
    ----------
    undecided
        What verdicts count as that only more data would decide. Others that are undecided are never let through.

    Examples
    --------
    >>> noisy = Verdict(outcome="undecided", kind="quality", subject="a", reason="few", more_data=True)
    >>> exit_status([]), exit_status([noisy]), exit_status([noisy], undecided="pass")
    (0, 2, 0)
    """
    counted: dict[Undecided, Outcome] = {"apart": "undecided", "fail": "regression", "pass": "pass"}
    found = {counted[undecided] if verdict.more_data else verdict.outcome for verdict in verdicts}
    worst: tuple[Outcome, ...] = ("regression", "undecided")
    return next((EXIT[it] for it in worst if it in found), EXIT["pass"])
