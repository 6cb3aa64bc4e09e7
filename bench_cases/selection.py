"""From names on a command line to cases, and to one line for each thing that cannot be run and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from bench_cases import registry
from bench_cases.cases import Case, is_baseline
from bench_cases.contracts import ANY_PROMPT, Checkpoint, Dataset, PromptRule, WalkLimits
from bench_cases.errors import SelectionError
from bench_cases.prompting.grids import expand
from bench_cases.prompting.limits import why_not, why_not_on
from bench_cases.prompting.rule_book import RuleBook
from bench_cases.prompting.strategy import DEFAULT_STRATEGIES, Strategy

FEW = 4
"""Datasets that a remedy names one by one."""


class NotRun(NamedTuple):
    """Something that was left out: what, why, and the command that changes it."""

    what: str
    reason: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What was asked for, as typed; None where nothing was said.

    Parameters
    ----------
    datasets
        Names or patterns, with an optional target or several: ``amos-ct:spleen``, ``chaos-mr:liver+spleen``. None
        takes all but those that run on request only.
    models
        Names or patterns.
    strategies
        Names in the strategy grammar.
    baselines
        Names of models that join whatever others there are, for a row to be beaten.
    """

    datasets: Sequence[str] | None = None
    models: Sequence[str] | None = None
    strategies: Sequence[str] | None = None
    baselines: Sequence[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What will be run.

    Parameters
    ----------
    volumes
        Dataset as selected (with its target) to the ids of its volumes, in order.
    misfits
        Dataset and strategy where the one cannot be run on the other.
    unfit
        Model and strategy, by name, that do not go together: a mode or a kind of prompt is lacking.
    """

    volumes: Mapping[str, Sequence[str]]
    checkpoints: Mapping[str, Checkpoint]
    strategies: Sequence[Strategy]
    not_run: Sequence[NotRun]
    misfits: Collection[tuple[str, Strategy]] = ()
    unfit: frozenset[tuple[str, str]] = frozenset()

    def cases(self) -> list[Case]:
        """All cases, models outermost, leaving out what a model has no mode for, and what is not for a dataset."""
        return [
            Case(dataset, volume, model, str(strategy))
            for model in self.checkpoints
            for dataset, volumes in self.volumes.items()
            for volume in volumes
            for strategy in self.strategies
            if (model, str(strategy)) not in self.unfit and (dataset, strategy) not in self.misfits
        ]


def select(
    wishes: Wishes,
    *,
    datasets: Mapping[str, Dataset],
    checkpoints: Mapping[str, Checkpoint],
    missing: Mapping[str, str],
    unrunnable: Mapping[str, str] | None = None,
    rules: RuleBook,
    limit_volumes: int | None = None,
    memory: int | None = None,
) -> Selection:
    """Resolve names.

    What was asked for by its own name and cannot be had is an error; what a pattern or the default covers and cannot
    be had is listed in `Selection.not_run`.

    Parameters
    ----------
    missing
        Name of each checkpoint that cannot be loaded, to the line that says why: not on disk, no adapter.
    unrunnable
        Those of `missing` that a download would not help.
    limit_volumes
        Take the first volumes of each dataset only.
    memory
        Frames that walks are to remember (``--sam-memory``); None leaves each model its own.

    Raises
    ------
    SelectionError
        For an unknown name, or a name whose data or weights are missing, or a selection without a single case.
    """
    not_run: list[NotRun] = []
    volumes, absent = _volumes(wishes.datasets, datasets, limit_volumes)
    if absent:
        named = " ".join(absent) if len(absent) <= FEW else "NAME; sambench list datasets"
        fetch = f"sambench fetch {named}"
        not_run.append(NotRun(f"datasets {', '.join(absent)}", "not on disk", fetch))
    models, absent = _models(wishes, checkpoints, missing)
    lost = [name for name in absent if name in (unrunnable or {})]
    absent = [name for name in absent if name not in lost]
    if absent:
        fetch = f"sambench fetch {absent[0]}" + (" ..." if len(absent) > 1 else "")
        not_run.append(NotRun(f"models {', '.join(absent)}", "no weights on disk", fetch))
    if lost:
        why = "they need a package that is not installed, or have no adapter here"
        not_run.append(NotRun(f"models {', '.join(lost)}", why, "sambench list models"))
    strategies = []
    impossible: dict[str, list[str]] = {}
    for strategy in expand(wishes.strategies or DEFAULT_STRATEGIES, rules):
        reason = why_not(strategy, rules[strategy.prompt])
        if reason is None:
            strategies.append(strategy)
        else:
            impossible.setdefault(reason, []).append(str(strategy))
    for reason, names in impossible.items():
        not_run.append(NotRun(f"strategies {', '.join(names)}", reason, "sambench list strategies"))
    misfits = _misfits(volumes, strategies, datasets)
    for reason in dict.fromkeys(misfits.values()):
        pairs = [pair for pair, why in misfits.items() if why == reason]
        what = f"{_listed(name for name, _ in pairs)} with {_listed(str(strategy) for _, strategy in pairs)}"
        not_run.append(NotRun(what, reason, "sambench list strategies"))
    unfit, left_out = _unfit(models, strategies, rules, memory)
    not_run.extend(left_out)
    selection = Selection(
        volumes=volumes,
        checkpoints=models,
        strategies=strategies,
        not_run=not_run,
        misfits=frozenset(misfits),
        unfit=frozenset(unfit),
    )
    if not selection.cases():
        lines = "; ".join(f"{line.what}: {line.reason} ({line.remedy})" for line in not_run) or "nothing matches"
        msg = f"nothing is left to run: {lines}. Choose other names; `sambench list` shows them."
        raise SelectionError(msg)
    return selection


def _misfits(
    volumes: Mapping[str, Sequence[str]], strategies: Sequence[Strategy], datasets: Mapping[str, Dataset]
) -> dict[tuple[str, Strategy], str]:
    """Return the pairs of dataset and strategy that cannot be run, and why."""
    reasons = {
        (name, strategy): why_not_on(strategy, ordered=datasets[name.partition(":")[0]].info.ordered)
        for name in volumes
        for strategy in strategies
    }
    return {pair: reason for pair, reason in reasons.items() if reason is not None}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))


def _volumes(
    wanted: Sequence[str] | None, known: Mapping[str, Dataset], limit: int | None
) -> tuple[dict[str, Sequence[str]], list[str]]:
    chosen: dict[str, Sequence[str]] = {}
    absent: list[str] = []
    offered = known if wanted else {name: each for name, each in known.items() if not each.info.on_request}
    for name in wanted or ("*",):
        asked, colon, target = name.partition(":")
        base = registry.canonical(asked, known)
        for dataset_name, dataset in registry.pick("dataset", [base], offered).items():
            if colon and dataset.info.labels_of(target) is None:
                targets = dataset.info.targets
                strange = next((part for part in target.split("+") if part not in targets), target)
                raise SelectionError(registry.unknown(f"target of {dataset_name}", strange, targets))
            gone = dataset.missing()
            if gone is None:
                chosen[dataset_name + colon + target] = dataset.volume_ids()[:limit]
            elif base == dataset_name:
                raise SelectionError(gone)
            else:
                absent.append(dataset_name)
    return chosen, absent


def _unfit(
    models: Mapping[str, Checkpoint], strategies: Sequence[Strategy], rules: RuleBook, memory: int | None
) -> tuple[set[tuple[str, str]], list[NotRun]]:
    """Return the models and strategies that do not go together, and one line for each reason."""
    unfit: set[tuple[str, str]] = set()
    lines: list[NotRun] = []
    for name, checkpoint in models.items():
        reasons: dict[str, list[str]] = {}
        for strategy in strategies:
            lack = _why_not_with(checkpoint, strategy, rules[strategy.prompt], memory)
            if lack is not None:
                reasons.setdefault(lack, []).append(str(strategy))
        for reason, names in reasons.items():
            unfit |= {(name, strategy) for strategy in names}
            lines.append(NotRun(f"{name} with {', '.join(names)}", f"{name} {reason}", "sambench list models"))
    return unfit, lines


def _why_not_with(checkpoint: Checkpoint, strategy: Strategy, rule: PromptRule, memory: int | None) -> str | None:
    """Return why a model cannot run a strategy that others can: what it lacks, or cannot do in video mode."""
    if strategy.mode not in checkpoint.modes:
        return f"offers {' and '.join(checkpoint.modes)} mode only"
    if {*rule.gives} & {*ANY_PROMPT} - {*checkpoint.prompts}:
        return f"takes prompts of {' and '.join(checkpoint.prompts)} only"
    return _why_no_walk(checkpoint.limits, strategy, rule, memory) if strategy.mode == "video" else None


def _why_no_walk(limits: WalkLimits, strategy: Strategy, rule: PromptRule, memory: int | None) -> str | None:
    if "clicks" in rule.gives and not limits.clicks:
        return "takes no clicks in video mode"
    if strategy.choice == "oracle" and not limits.oracle:
        return "chooses among its candidates by itself in video mode, and leaves nothing to 'oracle'"
    if memory is not None and limits.memory is not None and memory > limits.memory:
        most = f"of at most {limits.memory} frames" if limits.memory else "that cannot be set"
        return f"has a memory {most}, and --sam-memory {memory} was asked for"
    return None


def _models(
    wishes: Wishes, known: Mapping[str, Checkpoint], missing: Mapping[str, str]
) -> tuple[dict[str, Checkpoint], list[str]]:
    """Return the models that were named, else all but baselines; the baselines that join come last."""
    wanted = wishes.models
    others = {name: checkpoint for name, checkpoint in known.items() if not is_baseline(name)}
    picked = registry.pick("model", wanted, known) if wanted else others
    picked |= registry.pick("model", wishes.baselines or (), known)
    for name in (*(wanted or ()), *(wishes.baselines or ())):
        if name in missing:
            raise SelectionError(missing[name])
    present = {name: checkpoint for name, checkpoint in picked.items() if name not in missing}
    return present, [name for name in picked if name in missing]
