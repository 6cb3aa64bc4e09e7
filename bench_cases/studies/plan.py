"""From what a study names to what can be run here, and one line for each thing that cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from bench_cases.contracts import Checkpoint, Dataset
from bench_cases.errors import ConfigError, SelectionError
from bench_cases.prompting.grids import expand
from bench_cases.prompting.rule_book import RuleBook
from bench_cases.selection import NotRun, Wishes
from bench_cases.studies._entries import nearest
from bench_cases.studies.study import OWN, Named, Study, StudySet
from bench_cases.volume import Window

MICRO: Final[Mapping[str, str]] = {"segment_anything": "sam_micro", "sam2": "sam2_micro"}
"""Library to the micro model that takes the place of its checkpoints in a run on phantoms."""


class RunsAs(NamedTuple):
    """What a name of the study is run as; `stand_in` where a phantom of another set takes its place."""

    name: str
    runs_as: str
    stand_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run of a study does.

    Parameters
    ----------
    phantom
        Whether it runs on phantoms and micro models.
    sets, models
        Those of the study that can be run, and as what.
    strategies
        Canonical names, grids and patterns expanded.
    not_run
        What the study names and this run leaves out.
    """

    study: Study
    phantom: bool
    sets: Sequence[RunsAs]
    models: Sequence[RunsAs]
    strategies: Sequence[str]
    not_run: Sequence[NotRun] = ()
    windows: Mapping[str, Window | None] = field(default_factory=dict)

    def wishes(self, typed: Wishes) -> Wishes:
        """Return what to select: what was typed, and where nothing was, what the study names.

        A name that was typed and is one of the study's means what that is run as: under ``--sam-phantom``, its phantom.

        Raises
        ------
        SelectionError
            When neither the study nor the command line leaves anything to run.
        """
        return Wishes(
            datasets=self._chosen("sets", self.sets, typed.datasets),
            models=self._chosen("models", self.models, typed.models),
            strategies=tuple(typed.strategies or self.strategies),
        )

    def left_out(self, typed: Wishes) -> list[NotRun]:
        """Return what the study names and this run leaves out; of what was typed, `select` speaks."""
        lines = {"set": typed.datasets is None, "model": typed.models is None}
        return [line for line in self.not_run if lines[line.what.partition(" ")[0]]]

    def _chosen(self, what: str, known: Sequence[RunsAs], typed: Sequence[str] | None) -> tuple[str, ...]:
        if typed is not None:
            mapped = [[it.runs_as for it in known if fnmatchcase(it.name, name)] or [name] for name in typed]
            return tuple(dict.fromkeys(name for names in mapped for name in names)) if self.phantom else tuple(typed)
        if not known:
            lines = "; ".join(f"{line.what}: {line.reason} ({line.remedy})" for line in self.not_run)
            hint = "" if self.phantom else " Or try the study offline: --sam-phantom."
            msg = f"study {self.study.name!r}: none of its {what} can be run here: {lines}.{hint}"
            raise SelectionError(msg)
        return tuple(dict.fromkeys(it.runs_as for it in known))


def plan(
    study: Study,
    *,
    phantom: bool,
    datasets: Mapping[str, Dataset],
    checkpoints: Mapping[str, Checkpoint],
    missing: Mapping[str, str],
    rules: RuleBook,
) -> Plan:
    """Resolve the names of a study.

    Parameters
    ----------
    phantom
        Take phantoms and micro models: of a set ``NAME-phantom`` where there is one, else what the preset names to
        stand in.
    missing
        Name of each checkpoint that is not on disk, to the line that says so.

    Raises
    ------
    StrategyError
        For a strategy that does not parse.
    ConfigError
        For a published figure of a strategy that the study does not name.
    """
    strategies = [str(it) for it in expand([named.name for named in study.strategies], rules)]
    for figure in study.published:
        if figure.strategy not in strategies:
            msg = (
                f"{study.file}: published has strategy = {figure.strategy!r}; expected one of the preset's strategies, "
                f"written out.{nearest(figure.strategy, strategies) or ' Add it to strategies.'}"
            )
            raise ConfigError(msg)
    not_run: list[NotRun] = []
    sets: list[RunsAs] = []
    windows: dict[str, Window | None] = {}
    for each in study.sets:
        found = _phantom_of(each, datasets) if phantom else _on_disk(each, datasets)
        if isinstance(found, NotRun):
            not_run.append(found)
            continue
        sets.append(found)
        if each.window != OWN and not found.stand_in:
            windows[found.runs_as] = each.window
    models: list[RunsAs] = []
    for model in study.models:
        choice = _micro_of(model, checkpoints) if phantom else _loadable(model, checkpoints, missing)
        (models if isinstance(choice, RunsAs) else not_run).append(choice)  # type: ignore[arg-type]
    return Plan(
        study=study,
        phantom=phantom,
        sets=sets,
        models=models,
        strategies=strategies,
        not_run=not_run,
        windows=windows,
    )


def known_as(name: str, datasets: Mapping[str, Dataset]) -> str:
    """Return the own name of a dataset that a study calls otherwise; any other name as it is."""
    if name in datasets:
        return name
    return next((own for own, it in datasets.items() if name in it.info.aliases), name)


def _on_disk(each: StudySet, datasets: Mapping[str, Dataset]) -> RunsAs | NotRun:
    base, colon, target = each.name.partition(":")
    own = known_as(base, datasets)
    reason = _unknown(f"{own}{colon}{target}", datasets)
    if reason is not None:
        return NotRun(f"set {each.name}", reason, "sambench list datasets")
    if datasets[own].missing() is not None:
        return NotRun(f"set {each.name}", "not downloaded", f"sambench fetch {own}")
    return RunsAs(each.name, f"{own}{colon}{target}")


def _phantom_of(each: StudySet, datasets: Mapping[str, Dataset]) -> RunsAs | NotRun:
    base, colon, target = each.name.partition(":")
    own = f"{known_as(base, datasets)}-phantom{colon}{target}"
    why_not = _unknown(own, datasets)
    if why_not is None:
        return RunsAs(each.name, own)
    if not each.phantom:
        reason = f"{why_not} And the preset names none to stand in."
        return NotRun(f"set {each.name}", reason, "sambench list datasets")
    reason = _unknown(each.phantom, datasets) or ""
    if reason:
        return NotRun(f"set {each.name}", f"its stand-in {each.phantom}: {reason}", "sambench list datasets")
    return RunsAs(each.name, each.phantom, stand_in=True)


def _unknown(name: str, datasets: Mapping[str, Dataset]) -> str | None:
    """Return why a dataset with its target means nothing here, or None when it does mean something."""
    base, colon, target = name.partition(":")
    if base not in datasets:
        return f"no dataset {base} is known here.{nearest(base, datasets)}"
    targets = datasets[base].info.targets
    if colon and not all(part in targets for part in target.split("+")):
        return f"{base} has no target {target!r}; it has {', '.join(targets)}.{nearest(target, targets)}"
    return None


def _loadable(model: Named, checkpoints: Mapping[str, Checkpoint], missing: Mapping[str, str]) -> RunsAs | NotRun:
    if model.name not in checkpoints:
        reason = f"no model {model.name} is known here.{nearest(model.name, checkpoints)}"
        return NotRun(f"model {model.name}", reason, "sambench list models")
    if model.name in missing:
        return NotRun(f"model {model.name}", "no weights on disk", f"sambench fetch {model.name}")
    return RunsAs(model.name, model.name)


def _micro_of(model: Named, checkpoints: Mapping[str, Checkpoint]) -> RunsAs | NotRun:
    checkpoint = checkpoints.get(model.name)
    micro = model.phantom or (MICRO.get(checkpoint.backend, "") if checkpoint is not None else "")
    if micro not in checkpoints:
        reason = "no micro model of its family, and the preset names none to stand in"
        return NotRun(f"model {model.name}", reason, "sambench list models")
    return RunsAs(model.name, micro, stand_in=bool(model.phantom))
