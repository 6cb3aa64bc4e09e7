"""Reading a report (or the journal of a run that has not ended) as records and as pandas frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench_cases.cases import CaseResult
from bench_cases.errors import ReportError
from bench_cases.report import frames
from bench_cases.report.agreement import refuse_disagreement
from bench_cases.report.assemble import assemble
from bench_cases.report.journal import now_utc
from bench_cases.report.journal_file import SUFFIX, read_journal
from bench_cases.report.records import result_from_json
from bench_cases.report.report_file import read_report
from bench_cases.report.schema import VERSION, validate

if TYPE_CHECKING:
    import pandas as pd

UNSEALED: Final = "this report has no checksum: it was changed after it was written, or an early sambench wrote it."
"""What every table says of such a report."""


# Without slots: the frames are made when they are first asked for, and kept.
@dataclass(frozen=True, kw_only=True)
class Report:
    """A report that was read and found valid.

    Parameters
    ----------
    path
        File it was read from.
    raw
        The JSON in the current schema version; ``reports/README.md`` documents every field.
    results
        The cases, as the library's own records.
    notes
        What a reader should know: a truncated journal, a changed environment, a report without its checksum.
    sealed
        Whether it is as it was written: its checksum is there, and agrees.
    """

    path: Path
    raw: dict[str, Any]
    results: list[CaseResult]
    notes: list[str] = field(default_factory=list)
    sealed: bool = True

    @property
    def run_id(self) -> str:
        """Unique name of the run."""
        return str(self.raw["run"]["id"])

    @property
    def complete(self) -> bool:
        """Whether every selected case has a result."""
        return bool(self.raw["run"]["complete"])

    @cached_property
    def cases(self) -> pd.DataFrame:
        """One row a case: key, status, scores under both policies, depth, failures, median seconds, prompts spent."""
        return frames.cases_frame(self.results)

    @cached_property
    def slices(self) -> pd.DataFrame:
        """One row a slice: place in the structure, distance from the prompt, Dice, Jaccard (NaN: undefined), pixels."""
        return frames.slices_frame(self.results)

    @cached_property
    def clicks(self) -> pd.DataFrame:
        """One row a case and number of correcting clicks: the scores after them."""
        return frames.clicks_frame(self.results)

    @cached_property
    def costs(self) -> pd.DataFrame:
        """One row a dataset, model and strategy, cheapest first: frames, points, boxes and clicks, mean Dice."""
        return frames.costs_frame(self.results)

    @cached_property
    def timings(self) -> pd.DataFrame:
        """One row a raw sample: stage, seconds, and whether it was shared by several strategies."""
        return frames.timings_frame(self.results)

    @cached_property
    def prompts(self) -> pd.DataFrame:
        """One row a prompted frame: points, labels, box."""
        return frames.prompts_frame(self.results)

    @cached_property
    def models(self) -> pd.DataFrame:
        """One row a model: architecture, digest, device, precision, seconds to load, parameters."""
        return frames.models_frame(self.raw["models"])


def load(path: str | Path) -> Report:
    """Read a report, or the journal of a run that has not ended.

    Parameters
    ----------
    path
        A report (``.json``) or a journal (``.journal.jsonl``).

    Raises
    ------
    ReportError
        When the file is missing, damaged, no report, of a newer schema, or contradicts itself; with what to do.

    Examples
    --------
    >>> load("reports/run.json").cases.groupby("model").dice_nonempty.mean()  # doctest: +SKIP
    """
    where = Path(path)
    if not where.exists():
        msg = f"{where}: no such file; expected a report written by `pytest benchmark`."
        journal = where.with_name(where.name + SUFFIX)
        if journal.exists():
            msg += f" An unfinished run left {journal.name} there: read that, or go on with --sam-resume."
        raise ReportError(msg)
    if where.name.endswith(".jsonl"):
        # Its lines have checksums of their own, and none of its runs has ended.
        (raw, notes), sealed, version = _read_journal(where), True, VERSION
    else:
        raw, sealed, version = read_report(where)
        notes = [] if sealed else [UNSEALED]
    results = [result_from_json(case) for case in raw["cases"]]
    refuse_disagreement(results, where, scores=version == VERSION)
    return Report(
        path=where,
        raw=raw,
        results=results,
        notes=[*dict.fromkeys([*notes, *raw["run"]["notes"]])],
        sealed=sealed,
    )


def _read_journal(path: Path) -> tuple[dict[str, Any], list[str]]:
    content = read_journal(path)
    if content is None:
        msg = f"{path}: the journal is empty; expected a header. The run stopped before its first case: run it again."
        raise ReportError(msg)
    try:
        raw = assemble(content.header, content.records, {}, now_utc=now_utc())
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
        # Its lines are whole and their cases fit; what else they say is checked below, as a part of the report.
        msg = (
            f"{path}: its records do not make a report ({type(problem).__name__}: {problem}); expected the journal of "
            "a run. Start afresh without --sam-resume."
        )
        raise ReportError(msg) from None
    return validate(raw, str(path)), [*content.notes, f"{path.name} is the journal of a run that has not ended."]
