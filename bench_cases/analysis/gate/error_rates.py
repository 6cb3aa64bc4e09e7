"""How often the gate errs, by simulation of its rule: ``python -m bench_cases.analysis.gate.error_rates docs/gate.md``.

A run has six tests (two metrics under three strategies, say), correlated as those of one model are (r = 0.5 between any
two of them). What a volume loses is normal with a stated mean and standard deviation; in a collapse some volumes lose
half a Dice more, in every test.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from bench_cases.analysis.gate.config import GateConfig
from bench_cases.analysis.gate.rule import decide, is_grave, is_gross, mean_loss
from bench_cases.report.marked_part import MarkedPart

BEGIN: Final = "<!-- error rates: begin (python -m bench_cases.analysis.gate.error_rates docs/gate.md) -->"
END: Final = "<!-- error rates: end -->"

TESTS: Final = 6
SHARED: Final = 0.5
RUNS: Final = 20_000

VOLUMES: Final = (3, 5, 10, 30)
EQUAL_SD: Final = (0.005, 0.02, 0.05, 0.1)
LOSSES: Final = (0.015, 0.05, 0.1, 0.2, 0.4)
UNEVEN: Final = 0.5
"""Standard deviation of a real loss, as a share of it: what breaks a model breaks it unevenly."""


COLLAPSE: Final = 0.5
COLLAPSED: Final[Mapping[str, float]] = {"one volume": 0.0, "a third": 1 / 3, "two thirds": 2 / 3}
"""Name to the share of volumes, one at least, that lose as much."""

COLLAPSE_SD: Final = 0.02
"""Standard deviation of a volume's difference beside the collapse."""


_OF_ALARMS: Final = (
    "**Models that are equally good**: % of runs with a false alarm, by the t-test alone → with the gross rule; % that "
    "are undecided with a loss that `--undecided pass` does not let through."
)
_OF_LOSSES: Final = (
    "**A loss in every test**, uneven (its sd over volumes is half of it): % of runs that end as a regression, by the "
    "t-test alone → with the gross rule; % that pass."
)
_OF_COLLAPSES: Final = (
    "**A collapse**: some volumes lose 0.5 in every test, the others differ by chance (sd 0.02). % of runs that end as "
    "a regression, by the t-test alone → with the gross rule; % that exit 0 with `--undecided pass`."
)


class Rates(NamedTuple):
    """Shares of runs.

    Parameters
    ----------
    regression, undecided, passed
        With a regression among their verdicts, with none and something undecided, and all passed.
    held
        Of those undecided: with a loss that is not let through, whatever ``--undecided`` says.
    """

    regression: float
    undecided: float
    passed: float
    held: float

    @property
    def let_through(self) -> float:
        """Share that exits 0 with ``--undecided pass``."""
        return self.passed + self.undecided - self.held


def simulate(
    loss: float | Sequence[float],
    sd: float,
    volumes: int,
    *,
    gross: float | None,
    runs: int = RUNS,
    seed: int = 0,
    tests: int = TESTS,
) -> Rates:
    """Return how runs end whose model loses `loss` on average in each test, or so much on each volume.

    Parameters
    ----------
    sd
        Of a volume's loss; of Dice, as `loss`.
    gross
        Limit of a gross loss; None for the t-test alone.
    """
    config = GateConfig()
    generator = np.random.default_rng(seed)
    common = generator.standard_normal((runs, 1, volumes))
    own = generator.standard_normal((runs, tests, volumes))
    losses = np.asarray(loss, float) + sd * (np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own)
    found = mean_loss(losses, alpha=config.alpha)
    decided = decide(
        found.upper,
        found.p,
        config.margin,
        alpha=config.alpha,
        gross=is_gross(losses, margin=config.margin, limit=gross),
    )
    regression = (decided == "regression").any(axis=1)
    undecided = (decided == "undecided").any(axis=1) & ~regression
    grave = is_grave(losses, limit=config.gross_loss, worst=config.worst_loss)
    held = ((decided == "undecided") & grave).any(axis=1) & ~regression
    passed = ~regression & ~undecided
    return Rates(*(float(share.mean()) for share in (regression, undecided, passed, held)))


def tables(*, runs: int = RUNS) -> str:
    """Return the tables as Markdown: false alarms of equal models, and what becomes of real losses and collapses."""
    limit = GateConfig().gross_loss
    alarms = _table("sd of a volume's difference", {sd: _alarms(sd, limit, runs) for sd in EQUAL_SD})
    endings = _table("mean loss", {loss: _endings(loss, limit, runs) for loss in LOSSES})
    collapses = _table("what collapses", {name: _collapses(share, limit, runs) for name, share in COLLAPSED.items()})
    return f"{_OF_ALARMS}\n\n{alarms}\n\n{_OF_LOSSES}\n\n{endings}\n\n{_OF_COLLAPSES}\n\n{collapses}"


def _table(corner: str, rows: Mapping[Any, Iterator[str]]) -> str:
    head = [corner, *(f"{n} volumes" for n in VOLUMES)]
    lines = [head, ["---"] * len(head), *([f"{value}", *cells] for value, cells in rows.items())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _alarms(sd: float, gross: float | None, runs: int) -> Iterator[str]:
    for n in VOLUMES:
        alone, both = (simulate(0.0, sd, n, gross=limit, runs=runs) for limit in (None, gross))
        yield f"{100 * alone.regression:.1f} → {100 * both.regression:.1f}; {100 * both.held:.1f}"


def _endings(loss: float, gross: float | None, runs: int) -> Iterator[str]:
    for n in VOLUMES:
        alone, both = (simulate(loss, UNEVEN * loss, n, gross=limit, runs=runs) for limit in (None, gross))
        yield f"{100 * alone.regression:.0f} → {100 * both.regression:.0f}; {100 * both.passed:.1f}"


def _collapses(share: float, gross: float | None, runs: int) -> Iterator[str]:
    for n in VOLUMES:
        lost = max(1, round(share * n))
        losses = [COLLAPSE] * lost + [0.0] * (n - lost)
        alone, both = (simulate(losses, COLLAPSE_SD, n, gross=limit, runs=runs) for limit in (None, gross))
        yield f"{100 * alone.regression:.0f} → {100 * both.regression:.0f}; {100 * both.let_through:.1f}"


PART: Final = MarkedPart(begin=BEGIN, end=END, make=tables)


if __name__ == "__main__":
    PART.refresh(Path(sys.argv[1]))
