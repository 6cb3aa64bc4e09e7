"""How a case stands, in the word that a page shows: one that ended well without a floor has passed nothing."""

from __future__ import annotations

from typing import Final

from bench_cases.cases import CaseResult

NO_FLOOR: Final = "no floor"


def has_floor(result: CaseResult) -> bool:
    """Whether the case had to reach a score above nought."""
    return result.floor is not None and (result.floor.dice > 0 or result.floor.jaccard > 0)


def standing(result: CaseResult) -> str:
    """Return the status; ``no floor`` where a case could not have failed."""
    return NO_FLOOR if result.status == "passed" and not has_floor(result) else result.status
