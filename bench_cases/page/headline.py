"""The verdict that a page begins with: of the gate when there is a baseline, else of the floors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from bench_cases.analysis.gate.verdict import Verdict, exit_status
from bench_cases.cases import UPPER_BOUND, is_baseline, is_upper_bound
from bench_cases.page.standing import has_floor
from bench_cases.page.study import Study
from bench_cases.report.summary import SummaryRow, summarise

Tone = Literal["good", "bad", "unsure"]

_GATE: Final[tuple[tuple[Tone, str], ...]] = (
    ("good", "Passed: as good as the baseline"),
    ("bad", "Regression: worse than the baseline"),
    ("unsure", "Cannot be judged against the baseline"),
)

PHANTOM: Final = (
    "PHANTOM: synthetic volumes. They prove that the pipeline works; they say nothing about patients, and they do not "
    "rank strategies."
)


class Headline(NamedTuple):
    """What is said first: a word that stands alone, then the facts behind it."""

    tone: Tone
    words: str
    facts: list[str]


def headline(study: Study, verdicts: Sequence[Verdict]) -> Headline:
    """Return the verdict in words."""
    if study.base is not None:
        tone, words = _GATE[exit_status(verdicts)]
        counts = [sum(it.outcome == name for it in verdicts) for name in ("regression", "undecided", "pass")]
        facts = [f"{counts[0]} regressions, {counts[1]} undecided, {counts[2]} passes; baseline {study.base.path.name}"]
        return Headline(tone, words, [*facts, *_ran(study)])
    return Headline(*_of_floors(study), _ran(study))


def _of_floors(study: Study) -> tuple[Tone, str]:
    counts = study.run.raw["run"]["counts"]
    if not counts["cases"]:
        return "unsure", "No case was run"
    bad = []
    if counts["failed"]:
        bad.append(f"{counts['failed']} of {counts['cases']} cases below a floor")
    if counts["error"]:
        bad.append(f"{counts['error']} of {counts['cases']} cases ended in an error")
    if bad:
        return "bad", "; ".join(bad)
    if not study.run.complete:
        return "unsure", "Not complete: more cases were selected than this report has"
    held = sum(map(has_floor, study.run.results))
    if not held:
        return "unsure", f"{counts['cases']} cases ended well; no floor was set for any"
    if held < counts["cases"]:
        return "good", f"All floors reached: {held} of {counts['cases']} cases had one"
    return "good", f"All {counts['cases']} floors reached"


def _ran(study: Study) -> list[str]:
    """Say what was run, and what scored highest where."""
    results = study.run.results
    counts = [len({getattr(it.case, name) for it in results}) for name in ("model", "strategy")]
    volumes = len({(it.case.dataset, it.case.volume) for it in results})
    nouns = zip((volumes, *counts), ("volume", "model", "strategy"), strict=True)
    facts = [" x ".join(_counted(n, noun) for n, noun in nouns) + f": {_counted(len(results), 'case')}"]
    rows: dict[str, list[SummaryRow]] = {}
    for row in summarise(results):
        if row.dice is not None and not is_upper_bound(row.strategy) and not is_baseline(row.model):
            rows.setdefault(row.dataset, []).append(row)
    for dataset, found in rows.items():
        best = max(found, key=lambda row: row.dice or 0.0)
        facts.append(
            f"{study.named(dataset)}: highest mean Dice {best.dice:.3f} ({best.model}, {best.strategy}, "
            f"{_counted(best.scored, 'volume')})"
        )
    return facts


def _counted(n: int, noun: str) -> str:
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{n} {noun if n == 1 else plural}"


def warnings(study: Study) -> list[str]:
    """Return what a reader must know, once each: phantoms, upper bounds, what differs, notes of the run."""
    lines: list[str] = []
    if study.phantoms:
        lines.append(PHANTOM)
    if any(is_upper_bound(it.case.strategy) for it in study.run.results):
        lines.append(UPPER_BOUND)
    if not study.run.complete:
        lines.append("The run is not complete; more cases were selected than it has.")
    if study.comparison is not None:
        lines += study.comparison.warnings
        lines += [f"differs: {difference}" for difference in study.comparison.differences]
    elif study.base is not None:
        lines.append(study.not_compared)
    lines += study.run.notes
    # A comparison repeats, of the file, what is said here of the run.
    start = f"{study.run.path.name}: "
    seen = dict.fromkeys(line.removeprefix(start) for line in lines)
    return [line for line in seen if not (line.startswith("PHANTOM") and line != PHANTOM)]
