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
    from rich.console import Console
    from rich.table import Table


def show_list(what: str | None) -> int:
    """Print the tables of `what`, all when None, or what is known of a set.

    Parameters
    ----------
    what
        ``datasets``, ``models``, ``strategies``, ``studies``, or the name of a set.

    Raises
    ------
    SelectionError
        For anything else.
    """
    from rich.console import Console

    console = Console(highlight=False)
    tables = {"datasets": _datasets, "models": _models, "strategies": _strategies, "studies": _studies}
    if what is not None and what not in tables:
        _show_one(console, what)
        return 0
    for name, show in tables.items():
        if what in {None, name}:
            show(console)
    return 0


def _table(title: str, *columns: str) -> Table:
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, no_wrap=column == "name")
    return table


def _datasets(console: Console) -> None:
    from bench_cases.cli.dataset_tables import show_datasets

    show_datasets(console, registry.datasets())


def _show_one(console: Console, name: str) -> None:
    from bench_cases.cli.dataset_tables import show_card

    known = registry.datasets()
    own = registry.canonical(name, known)
    if own not in known:
        raise SelectionError(registry.unknown("dataset, nor datasets, models or strategies", name, known))
    show_card(console, known[own])


def _models(console: Console) -> None:
    from bench_cases.models.checkpoints import missing

    table = _table("models", "name", "modes", "size MB", "on disk", "licence")
    for name, checkpoint in registry.checkpoints().items():
        size = checkpoint.size_bytes
        table.add_row(
            name,
            ", ".join(checkpoint.modes),
            "?" if size is None else f"{size / 1e6:,.0f}",
            "no" if missing(checkpoint) else "embedded" if checkpoint.url is None else "yes",
            checkpoint.licence,
        )
    console.print(table)
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
