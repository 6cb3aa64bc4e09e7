"""Who is judged: the models under test, by the names of the baseline's models whose place they take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bench_cases.analysis.gate.verdict import Verdict
from bench_cases.cases import CaseResult, is_baseline
from bench_cases.errors import ConfigError
from bench_cases.report.read import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Results that are judged, and what is not.

    Parameters
    ----------
    run, base
        Of both reports; those of the run under the names of the baseline's models.
    rows
        Of the run's rows to be beaten (`bench_cases.cases.is_baseline`): no candidates, but an error is an error.
    not_judged
        Model of the run to the reason.
    """

    run: list[CaseResult]
    base: list[CaseResult]
    rows: list[CaseResult]
    not_judged: Mapping[str, str]

    def said(self) -> Iterator[Verdict]:
        """Yield a verdict for each model that is not judged: a reader must know."""
        for model, reason in self.not_judged.items():
            yield Verdict(outcome="pass", kind="cases", subject=model, reason=f"not judged: {reason}")


def candidates(run: Report, base: Report, names: Mapping[str, str]) -> Candidates:
    """Choose what is judged.

    A row to be beaten is no candidate, unless a name says so or there is nothing else. A model whose place another one
    takes is none either: one run may hold both.

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
    why = dict.fromkeys((name for name in models if name in rows), "a row to be beaten, no candidate")
    return Candidates(
        run=[
            replace(result, case=result.case._replace(model=names.get(result.case.model, result.case.model)))
            for result in run.results
            if result.case.model not in rows | replaced.keys()
        ],
        base=[result for result in base.results if result.case.model not in aside],
        rows=[result for result in run.results if result.case.model in rows],
        not_judged={**why, **replaced},
    )


def _models(results: Sequence[CaseResult]) -> dict[str, None]:
    return dict.fromkeys(result.case.model for result in results)
