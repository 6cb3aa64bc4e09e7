"""What a reader of tests must know before concluding: too few pairs, phantoms, upper bounds, errors, runs cut short."""

from __future__ import annotations

from collections.abc import Sequence

from bench_cases.analysis.observations import Mode
from bench_cases.analysis.rows import ComparisonRow
from bench_cases.cases import UPPER_BOUND, is_upper_bound
from bench_cases.report.read import Report
from bench_cases.report.stages import volumes_in_a_batch

PAPER_WARNING = (
    "slice-level test (Gutiérrez et al. 2025): slices of one volume are not independent (lag-1 autocorrelation of Dice "
    "about 0.77), so these p-values are far too small. Conclude from --mode volume."
)


def cautions(rows: Sequence[ComparisonRow], mode: Mode, reports: Sequence[Report]) -> tuple[str, ...]:
    """Return one line for each thing that a reader of the tests must know."""
    lines = [PAPER_WARNING] if mode == "paper" else []
    lines += _pairs_missing(rows)
    if any(row.phantom for row in rows):
        lines.append("PHANTOM: synthetic volumes; these results say nothing about patients.")
    if any(is_upper_bound(row.strategy) for row in rows):
        lines.append(UPPER_BOUND)
    if any(row.shared for row in rows):
        lines.append("embed: samples that served several strategies were counted once a volume.")
    timed = any(row.metric == "propagate" for row in rows)
    for report in reports:
        together = volumes_in_a_batch(report.results) if timed else 1
        if together > 1:
            lines.append(f"{report.path.name}: propagate: shares of a batch over up to {together} volumes, no latency.")
        unproved = sum(not {"data", "prompts"} <= set(result.digests) for result in report.results if result.scores)
        if unproved:
            lines.append(
                f"{report.path.name}: {unproved} cases have no digest of data and prompts; sameness is not proved."
            )
        errors = [result.case.key for result in report.results if result.status == "error"]
        if errors:
            shown = ", ".join(errors[:3]) + (", ..." if len(errors) > 3 else "")
            lines.append(f"{report.path.name}: {len(errors)} cases ended in an error and are in no test: {shown}.")
        if not report.complete:
            lines.append(f"{report.path.name}: the run is not complete; more cases were selected than it has.")
        lines.extend(f"{report.path.name}: {note}" for note in report.notes)
    return tuple(lines)


def _pairs_missing(rows: Sequence[ComparisonRow]) -> list[str]:
    if not rows:
        return ["nothing to compare: no dataset and strategy that both sides have a result for."]
    if not any(row.n for row in rows):
        return ["nothing to compare: no volume has a value on both sides; what was left out says why."]
    if any(row.n == 1 and row.unit == "volume" for row in rows):
        return ["n = 1: one volume has no spread, and nothing can be tested; run more volumes."]
    return []
