"""``sambench list``: what there is, whether it is on disk, and under which licence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench_cases import registry
from bench_cases.errors import SelectionError
from bench_cases.prompting.grids import GRIDS
from bench_cases.prompting.seeds import NUMBERED
from bench_cases.prompting.strategy import CHOICES, DEFAULT_STRATEGIES, DIRECTIONS, FORM, SEEDS
from bench_cases.prompting.walk_part import WALKS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console
    from rich.table import Table

    from bench_cases.contracts import Checkpoint, WalkLimits


def show_list(what: str | None) -> int:
    """Print the tables of `what`, all when None, or what is known of a set.

    Parameters
    ----------
    what
        ``datasets``, ``models``, ``architectures``, ``strategies``, ``studies``, or the name of a set.

    Raises
    ------
    SelectionError
        For anything else.
    """
    from bench_cases.cli._tables import table_console

    tables = {
        "datasets": _datasets,
        "models": _models,
        "architectures": _architectures,
        "strategies": _strategies,
        "studies": _studies,
    }
    console = table_console()
    if what is not None and what not in tables:
        _show_one(console, what, kinds=list(tables))
        return 0
    for name, show in tables.items():
        if what in {None, name}:
            show(console)
    return 0


def _table(title: str, *columns: str) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=column in {"name", "on disk"})
    return table


def _datasets(console: Console) -> None:
    from bench_cases.cli.dataset_tables import show_datasets

    show_datasets(console, registry.datasets())


def _show_one(console: Console, name: str, *, kinds: Sequence[str]) -> None:
    from bench_cases.cli.dataset_tables import show_card

    known = registry.datasets()
    own = registry.canonical(name, known)
    if own not in known:
        raise SelectionError(registry.unknown("list or dataset", name, [*kinds, *known]))
    show_card(console, known[own])


def _models(console: Console) -> None:
    checkpoints = registry.checkpoints()
    table = _table("models", "name", "modes", "size MB", "on disk", "licence")
    for name, checkpoint in checkpoints.items():
        table.add_row(
            name,
            ", ".join(checkpoint.modes),
            _megabytes(checkpoint),
            _on_disk(checkpoint),
            " - ".join(filter(None, (checkpoint.licence, checkpoint.restrictions))),
        )
    console.print(table)
    unpublished = [name for name, it in checkpoints.items() if it.sha256 is None and (it.file or it.hub)]
    console.print(
        f"  no digest is published, so that of the first use is locked: {', '.join(unpublished)}", style="dim"
    )
    for line in _walk_limits(checkpoints):
        console.print(f"  {line}", style="dim", soft_wrap=True)
    for line in _not_here(checkpoints):
        console.print(f"  {line}", style="dim", soft_wrap=True)
    for name, checkpoint in checkpoints.items():
        for note in checkpoint.notes:
            console.print(f"  {name}: {note}", style="dim", soft_wrap=True)
    console.print()


def _walk_limits(checkpoints: Mapping[str, Checkpoint]) -> list[str]:
    """Return a line for each set of things that walks cannot do, with the models that it holds for."""
    groups: dict[WalkLimits, list[str]] = {}
    for name, checkpoint in checkpoints.items():
        if "video" in checkpoint.modes and not checkpoint.blocked:
            groups.setdefault(checkpoint.limits, []).append(name)
    lines = []
    for limits, names in groups.items():
        lacks = [what for what, can in (("clicks", limits.clicks), ("oracle", limits.oracle)) if not can]
        if limits.memory is not None:
            lacks += [] if limits.memory else ["--sam-memory"]
        if lacks:
            lines.append(f"video mode without {', '.join(lacks)}: {', '.join(names)}")
        if limits.memory:
            lines.append(f"--sam-memory at most {limits.memory}: {', '.join(names)}")
    return lines


def _not_here(checkpoints: Mapping[str, Checkpoint]) -> list[str]:
    """Return a line for each reason why models cannot be run here, with the models that it holds for."""
    from bench_cases.models.checkpoints import unrunnable

    groups: dict[str, list[str]] = {}
    for name, checkpoint in checkpoints.items():
        reason = unrunnable(checkpoint)
        if reason is not None:
            groups.setdefault(reason.removeprefix(f"{name} "), []).append(name)
    return [f"{', '.join(names)}: {reason}" for reason, names in groups.items()]


def _megabytes(checkpoint: Checkpoint) -> str:
    if checkpoint.blocked:
        return "-"  # nobody fetches it
    if checkpoint.size_bytes is not None:
        return f"{checkpoint.size_bytes / 1e6:,.0f}"
    return "?" if checkpoint.about_bytes is None else f"~{checkpoint.about_bytes / 1e6:,.0f}"


def _on_disk(checkpoint: Checkpoint) -> str:
    from bench_cases.models.checkpoints import locate, missing

    if not checkpoint.file and checkpoint.hub is None:
        return "needs none"
    if not any((checkpoint.url, checkpoint.hub, checkpoint.page)):
        return "embedded"
    if checkpoint.blocked:
        return "not here"
    return "no" if locate(checkpoint) is None else "yes" if missing(checkpoint) is None else "incomplete"


def _architectures(console: Console) -> None:
    from bench_cases.models.backends import backends

    console.print("architectures: what may stand behind the @ of --sam-checkpoint NAME=PATH@ARCH", style="italic")
    for backend in backends().values():
        console.print(f"  {backend.name:<18} {', '.join(backend.architectures())}", soft_wrap=True)
    console.print()


def _strategies(console: Console) -> None:
    console.print(f"strategies: {FORM}", style="italic")
    rules = registry.prompt_rules()
    parts = {
        "seed": (*SEEDS, f"{NUMBERED}N"),
        "prompt": (*rules, *rules.forms),
        "direction": DIRECTIONS,
        "walk": WALKS,
        "mask": CHOICES,
        "grids": (*GRIDS, "and patterns such as 'largest.*.both.*'"),
    }
    for part, choices in parts.items():
        console.print(f"  {part:<10} {', '.join(choices)}")
    console.print(f"  by default {', '.join(DEFAULT_STRATEGIES)}")


def _studies(console: Console) -> None:
    from bench_cases import studies

    console.print()
    table = _table("studies: pytest benchmark --sam-study NAME", "name", "sets", "models", "figures", "title")
    for name in studies.names():
        study = studies.find(name)
        models = ", ".join(it.name for it in study.models)
        table.add_row(name, str(len(study.sets)), models, str(len(study.published)), study.title)
    console.print(table)
