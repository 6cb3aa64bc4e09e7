"""All sheets by name, which of them a comparison shows unasked, and how they are made."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Final

from bench_cases.analysis.compare import Comparison
from bench_cases.analysis.evidence import Method, evidence
from bench_cases.analysis.leaderboards import RankBy
from bench_cases.analysis.observations import Mode
from bench_cases.analysis.sheets.clicks import clicks
from bench_cases.analysis.sheets.covariates import covariates
from bench_cases.analysis.sheets.critical import critical
from bench_cases.analysis.sheets.deltas import deltas
from bench_cases.analysis.sheets.dependence import dependence
from bench_cases.analysis.sheets.differences import differences
from bench_cases.analysis.sheets.latency import latency
from bench_cases.analysis.sheets.mask_size import mask_size
from bench_cases.analysis.sheets.mixed import mixed
from bench_cases.analysis.sheets.outliers import outliers
from bench_cases.analysis.sheets.position import position
from bench_cases.analysis.sheets.power import power
from bench_cases.analysis.sheets.ranking import ranking
from bench_cases.analysis.sheets.sheet import Material, Sheet
from bench_cases.analysis.sheets.significance import significance
from bench_cases.analysis.sheets.summary import summary
from bench_cases.analysis.sheets.tests import tests
from bench_cases.errors import ReportError

SHEETS: Final[Mapping[str, Callable[[Material], Sheet]]] = {
    "differences": differences,
    "tests": tests,
    "clicks": clicks,
    "latency": latency,
    "deltas": deltas,
    "power": power,
    "summary": summary,
    "outliers": outliers,
    "dependence": dependence,
    "mixed": mixed,
    "mask-size": mask_size,
    "position": position,
    "covariates": covariates,
    "ranking": ranking,
    "significance": significance,
    "critical-difference": critical,
}
"""Name to what makes the sheet, in the order of reading."""

UNASKED: Final[Mapping[Mode, tuple[str, ...]]] = {
    "volume": ("differences", "tests", "clicks", "latency", "power", "ranking"),
    "paper": ("differences", "tests", "dependence", "deltas"),
}
"""What is shown when nothing is named; a sheet without a row is not."""


def sheets(
    comparison: Comparison, *, names: Sequence[str] = (), mode: Mode = "volume", method: Method, rank_by: RankBy
) -> list[Sheet]:
    """Return the sheets that are asked for (``all``: every one), or those shown unasked that have a row.

    Raises
    ------
    ReportError
        For a name that is no sheet.
    """
    for name in names:
        if name not in (*SHEETS, "all"):
            near = difflib.get_close_matches(name, SHEETS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            msg = f"no table {name!r}; expected one of {', '.join(SHEETS)}, or all.{hint}"
            raise ReportError(msg)
    material = Material(
        comparison=comparison, method=method, evidence=cache(lambda: evidence(comparison, method)), rank_by=rank_by
    )
    if not names:
        return [sheet for sheet in (SHEETS[name](material) for name in UNASKED[mode]) if sheet.rows]
    return [SHEETS[name](material) for name in (SHEETS if "all" in names else dict.fromkeys(names))]
