"""What a report says twice must agree: the scores of a volume with those of its slices, and each case with its name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench_cases.cases import Case, CaseResult, Scores
from bench_cases.errors import ReportError

ROUNDING: Final = 1e-9
"""What another order of adding may change of a score; an edit that anybody would make is larger."""


def refuse_disagreement(results: Sequence[CaseResult], path: Path, *, scores: bool = True) -> None:
    """Raise when a report contradicts itself: it was edited by hand, or joined from others.

    Parameters
    ----------
    scores
        Whether the scores of volumes are computed again; reports of older schema versions are taken at their word.

    Raises
    ------
    ReportError
        With the first case concerned, what it says, and what follows from its slices.
    """
    seen: set[Case] = set()
    for result in results:
        if result.case in seen:
            msg = (
                f"{path}: {result.case.key} stands there twice; expected each case once. Read the report as "
                "`pytest benchmark` or `sambench merge` wrote it."
            )
            raise ReportError(msg)
        seen.add(result.case)
        if scores and result.scores is not None:
            problem = _problem(result.scores)
            if problem:
                msg = (
                    f"{path}: {result.case.key}: {problem}. The file is damaged or was edited by hand: run the "
                    "benchmark again."
                )
                raise ReportError(msg)


def _problem(scores: Scores) -> str:
    """Return how the scores of a volume differ from those of its slices; an empty string when they do not."""
    # Here, because it brings numpy along, which most commands start without.
    from bench_cases.metrics import Means, means

    slices = scores.per_slice
    if len({len(getattr(slices, name)) for name in slices.__slots__}) > 1:
        return "the lists of its slices differ in length; expected one entry a slice in each"
    for name, found in zip(Means._fields, means(slices), strict=True):
        told = getattr(scores, name)
        if not (abs(told - found) <= ROUNDING or (math.isnan(told) and math.isnan(found))):
            return f"{name} is {told:.6g}; expected {found:.6g}, which is what its slices give"
    return ""
