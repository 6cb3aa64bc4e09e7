"""Who is judged: the models under test, by the names of the baseline's models whose place they take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bench_cases.analysis.gate.verdict import Verdict
from bench_cases.cases import Case, CaseResult, is_baseline
from bench_cases.errors import ConfigError
from bench_cases.report.read import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Results that are judged, and what is not.

    Parameters
    ----------
    run, base
        Of both reports; those of the run under the names of the baseline's models.
    rows, alone
        Of the run's reference rows (`bench_cases.cases.is_baseline`), and of models that would be judged by their own
        results: neither are candidates, but an error is an error, and a floor needs no baseline.
    not_judged
        Model of the run to the reason.
    stand_ins
        Model of the baseline to the model of the run that is judged in its place, where the names differ.
    """

    run: list[CaseResult]
    base: list[CaseResult]
    rows: list[CaseResult]
    alone: list[CaseResult]
    not_judged: Mapping[str, str]
    stand_ins: Mapping[str, str]

    def said(self) -> Iterator[Verdict]:
        """Yield a verdict for each model that is not judged: a reader must know."""
        for model, reason in self.not_judged.items():
            yield Verdict(outcome="pass", kind="cases", subject=model, reason=f"not judged: {reason}")
        if self.alone and not self.run:
            reason = (
                "the run is its own baseline: both have one run id; expected two runs, or [models] in gate.toml. "
                "Look whether the run wrote its report, and give the baseline with --baseline"
            )
            yield Verdict(outcome="undecided", kind="run", subject="run and baseline", reason=reason)

    def label(self, model: str) -> str:
        """Return what a model is called in a verdict: its own name first, for the scores are its own."""
        own = self.stand_ins.get(model)
        return model if own is None else f"{own} (for {model})"

    def own(self, case: Case) -> Case:
        """Return a case under the name that its model has in the run."""
        return case._replace(model=self.stand_ins.get(case.model, case.model))


def candidates(run: Report, base: Report, names: Mapping[str, str]) -> Candidates:
    """Choose what is judged.

    A reference row is no candidate, unless a name says so or there is nothing else. A model whose place another one
    takes is none either: one run may hold both. Nor is a model that would be judged by its own results.

    Parameters
    ----------
    names
        Model of the run to the model of the baseline that it is judged by.

    Raises
    ------
    ConfigError
        When the run has no model of such a name.
    """
    models = _models(run.results)
    for name in names:
        if name not in models:
            msg = f"[models] names {name!r}, which {run.path.name} does not have; expected one of {', '.join(models)}."
            raise ConfigError(msg)
    taken = {old: new for new, old in names.items() if old not in names}
    replaced = {name: f"{taken[name]} takes its place ([models])" for name in models if name in taken}
    rows = {name for name in models if is_baseline(name) and name not in names and name not in taken}
    # Of the baseline: a model that is judged by another one of its models judges nobody.
    aside = {name for name in names if name not in names.values()}
    if rows == models.keys() - replaced.keys():
        rows = set()  # nothing else is there to be judged
    else:
        aside |= {name for name in _models(base.results) if is_baseline(name) and name not in taken}
    why = dict.fromkeys((name for name in models if name in rows), "a reference row")
    itself: set[str] = set()
    if run.run_id == base.run_id:
        itself = {name for name in models if names.get(name, name) == name and name not in rows | replaced.keys()}
        aside |= itself
        why |= dict.fromkeys((name for name in models if name in itself), "it would be judged by its own results")
    left = models.keys() - rows - replaced.keys() - itself
    return Candidates(
        run=[
            replace(result, case=result.case._replace(model=names.get(result.case.model, result.case.model)))
            for result in run.results
            if result.case.model in left
        ],
        base=[result for result in base.results if result.case.model not in aside],
        rows=[result for result in run.results if result.case.model in rows],
        alone=[result for result in run.results if result.case.model in itself],
        not_judged={**why, **replaced},
        stand_ins={old: new for new, old in names.items() if new != old},
    )


def _models(results: Sequence[CaseResult]) -> dict[str, None]:
    return dict.fromkeys(result.case.model for result in results)
