"""What a CI job shows on its page and says on a pull request: the verdict first, then the numbers, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from bench_cases.analysis.comparable import what_differs
from bench_cases.analysis.formats.markdown import escaped, grid
from bench_cases.analysis.gate.device import device_of
from bench_cases.analysis.gate.facts import facts
from bench_cases.analysis.gate.verdict import Outcome, Verdict, exit_status
from bench_cases.cases import UPPER_BOUND, is_upper_bound
from bench_cases.report.read import Report
from bench_cases.report.summary import SummaryRow, summarise

SHOWN: Final = 50
"""Rows and verdicts that are shown of each kind: a comment on GitHub holds 65,536 characters."""

_NAMED: Final = 3
"""Names that are shown of what was not run."""

_WORDS: Final = ("✅ passed", "❌ regression", "⚠️ cannot be judged")


def job_summary(
    run: Report,
    base: Report | None = None,
    verdicts: Sequence[Verdict] = (),
    *,
    models: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Return the summary.

    Parameters
    ----------
    base
        The baseline; its scores stand beside the run's, as differences.
    verdicts
        Of the gate, about the two.
    models
        Model of the run to the model of the baseline whose place it takes.
    """
    counts = run.raw["run"]["counts"]
    ended = (
        f"{counts['cases']} cases: {counts['passed']} passed, {counts['failed']} below a floor, "
        f"{counts['error']} ended in an error"
    )
    commit = str(run.raw["environment"]["code"]["commit"] or "unknown")[:10]
    line = f"{ended} · {device_of(run)} · commit {commit} · {run.raw['run']['started_utc']}"
    parts = [f"## sambench: {_headline(run, base, verdicts)}", escaped(line)]
    parts += _verdicts(verdicts)
    parts.append(_scores(run, base, models))
    parts += _remarks(run, base)
    return "\n\n".join(parts) + "\n"


def _headline(run: Report, base: Report | None, verdicts: Sequence[Verdict]) -> str:
    if base is not None:
        return _WORDS[exit_status(verdicts)]
    bad = any(result.status != "passed" for result in run.results)
    return "❌ some cases failed" if bad else "✅ all floors reached" if run.complete else "⚠️ not complete"


def _verdicts(verdicts: Sequence[Verdict]) -> list[str]:
    parts = []
    kinds: tuple[tuple[Outcome, str], ...] = (("regression", "Regressions"), ("undecided", "Cannot be judged"))
    for outcome, heading in kinds:
        found = [verdict for verdict in verdicts if verdict.outcome == outcome]
        if found:
            parts += [f"### {heading}", _list(found)]
    passed = [verdict for verdict in verdicts if verdict.outcome == "pass"]
    if passed:
        parts.append(f"<details><summary>{len(passed)} verdicts passed</summary>\n\n{_list(passed)}\n\n</details>")
    return parts


def _list(verdicts: Sequence[Verdict]) -> str:
    lines = [f"- **{it.kind}** {escaped(it.subject)}: {escaped(it.reason)}" for it in verdicts[:SHOWN]]
    return "\n".join([*lines, *_more(len(verdicts))])


def _more(n: int) -> list[str]:
    return [f"- and {n - SHOWN} more: see the report"] if n > SHOWN else []


def _scores(run: Report, base: Report | None, models: Mapping[str, str]) -> str:
    before = {} if base is None else {_key(row): row for row in summarise(base.results)}
    rows = summarise(run.results)
    table = grid(
        [
            "dataset",
            "model",
            "strategy",
            "n",
            "Dice",
            "Jaccard",
            "Dice 3D",
            "embed ms",
            "predict ms",
            "failed",
            "errors",
        ],
        [_row(row, before.get(_key(row, models)), models.get(row.model, "")) for row in rows[:SHOWN]],
        right=[*(False,) * 3, *(True,) * 8],
    )
    return "\n".join([table, *(["", *_more(len(rows))] if len(rows) > SHOWN else [])])


def _key(row: SummaryRow, models: Mapping[str, str] = MappingProxyType({})) -> tuple[str, str, str]:
    return row.dataset, models.get(row.model, row.model), row.strategy


def _row(row: SummaryRow, before: SummaryRow | None, place: str) -> list[str]:
    def score(name: str) -> str:
        value, old = getattr(row, name), None if before is None else getattr(before, name)
        text = "-" if value is None else f"{value:.3f}"
        return text if value is None or old is None else f"{text} ({value - old:+.3f})"

    def time(name: str) -> str:
        value, old = getattr(row, name), None if before is None else getattr(before, name)
        text = "-" if value is None else f"{value:.1f}"
        return text if not value or not old else f"{text} (x {value / old:.2f})"

    dataset = f"{row.dataset} PHANTOM" if row.phantom else row.dataset
    scores = [score("dice"), score("jaccard"), score("dice_all")]
    times = [time("embed_ms"), time("predict_ms")]
    model = f"{row.model} (for {place})" if place else row.model
    return [dataset, model, row.strategy, str(row.scored), *scores, *times, str(row.failed), str(row.errors)]


def _remarks(run: Report, base: Report | None) -> list[str]:
    lines: list[str] = ["Dice, Jaccard: mean over slices with target, then over n volumes. Dice 3D: over all voxels."]
    if base is not None:
        lines.append(f"Baseline: {facts(base)}.")
        lines.append("In brackets: the difference from the baseline, and the ratio of times.")
        lines += [
            f"differs: {line.replace(' in A,', ' in the baseline,').replace(' in B', ' in the run')}"
            for line in what_differs(base, run)
        ]
    if any(result.phantom for result in run.results):
        lines.append("PHANTOM: synthetic volumes; these results say nothing about patients.")
    if any(is_upper_bound(result.case.strategy) for result in run.results):
        lines.append(UPPER_BOUND)
    if not run.complete:
        lines.append("The run is not complete; more cases were selected than it has.")
    lines += [f"not run: {_few(entry['what'])}: {entry['reason']}" for entry in run.raw["not_run"]]
    lines += run.notes
    return [_bullets(lines)]


def _few(what: str) -> str:
    """Return a list of names with its first ones alone; the report has all.

    >>> _few("datasets a, b, c, d, e"), _few("coronacases")
    ('datasets a, b, c and 2 more', 'coronacases')
    """
    names = what.split(", ")
    more = len(names) - _NAMED
    return what if more <= 1 else f"{', '.join(names[:_NAMED])} and {more} more"


def _bullets(lines: Iterable[str]) -> str:
    listed = list(lines)
    return "\n".join([*(f"- {escaped(line)}" for line in listed[:SHOWN]), *_more(len(listed))])
