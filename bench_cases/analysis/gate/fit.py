"""What a verdict must rest on before anything is judged: whole files, of runs that ended, about the same inputs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from bench_cases.analysis.gate.verdict import Verdict
from bench_cases.cases import CaseResult
from bench_cases.report.read import Report

ENDED: Final = frozenset({None, 0, 1})
"""Exit statuses of a run that came to its end, its tests passed or failed; a merged run may have none."""


def fit(run: Report, base: Report) -> Iterator[Verdict]:
    """Yield what neither more data nor another margin would mend: a file that was changed, a run that was stopped.

    The floor of a whole dataset is a test and no case: where it was missed, the exit status alone says so.
    """
    for name, report in (("run", run), ("baseline", base)):
        if not report.sealed:
            reason = (
                "it has no checksum, so it may not be as it was written; expected the file that `pytest benchmark` or "
                "`sambench merge` wrote. Run the benchmark again"
            )
            yield _undecided(f"{name} {report.path.name}", reason)
        if stopped(report):
            remedy = "Go on with --sam-resume" if name == "run" else "Set the baseline anew, from a run that ended"
            reason = f"it was stopped before its end; expected a complete run. {remedy}"
            yield _undecided(f"{name} {report.path.name}", reason)
    if run.raw["run"]["exit_status"] == 1 and all(result.status == "passed" for result in run.results):
        reason = (
            "a test of it failed that is no case, such as the floor of a whole dataset; expected exit status 0 where "
            "every case passed. Look at what pytest said, or sambench merge"
        )
        yield _undecided(f"run {run.path.name}", reason)


def stopped(report: Report) -> bool:
    """Whether a run did not come to its end, however many cases it has."""
    return not report.complete or report.raw["run"]["exit_status"] not in ENDED


def proved(run: Sequence[CaseResult], base: Sequence[CaseResult]) -> Iterator[Verdict]:
    """Yield a verdict for cases of which nobody can tell whether both sides saw the same data and prompts."""
    common = {result.case for result in run} & {result.case for result in base}
    for name, results in (("run", run), ("baseline", base)):
        bare = [
            result.case.key
            for result in results
            if result.case in common and result.scores is not None and not {"data", "prompts"} <= set(result.digests)
        ]
        if bare:
            reason = (
                f"{len(bare)} cases of the {name} have no digest of data and prompts ({bare[0]} is the first), so that "
                "both saw the same is not proved; expected the digests that `pytest benchmark` writes. Run it again"
            )
            yield _undecided("run and baseline", reason)


def _undecided(subject: str, reason: str) -> Verdict:
    return Verdict(outcome="undecided", kind="run", subject=subject, reason=reason)
