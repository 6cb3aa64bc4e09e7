"""``sambench list``: what there is, whether it is on disk, and under which licence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench_cases import registry
from bench_cases.prompting.strategy import CHOICES, DEFAULT_STRATEGIES, DIRECTIONS, SEEDS

if TYPE_CHECKING:
    from rich.console import Console


def show_list(what: str | None) -> int:
    """Print the tables of `what`: ``datasets``, ``models``, ``strategies``, or all when None."""
    from rich.console import Console

    console = Console(highlight=False)
    if what in {None, "datasets"}:
        _datasets(console)
    if what in {None, "models"}:
        _models(console)
    if what in {None, "strategies"}:
        _strategies(console)
    return 0


def _datasets(console: Console) -> None:
    from rich.table import Table

    table = Table(
        "name", "modality", "volumes", "targets", "on disk", "licence", title="datasets", title_justify="left"
    )
    notes: list[str] = []
    for name, dataset in registry.datasets().items():
        absent = dataset.missing()
        table.add_row(
            name,
            dataset.info.modality,
            "-" if absent else str(len(dataset.volume_ids())),
            ", ".join(dataset.info.targets),
            "embedded" if dataset.info.phantom else "no" if absent else "yes",
            dataset.info.licence,
        )
        notes.extend(f"{name}: {fact}" for fact in dataset.info.facts)
    console.print(table)
    for note in notes:
        console.print(f"  note  {note}", style="dim")


def _models(console: Console) -> None:
    from rich.table import Table

    from bench_cases.models.checkpoints import missing

    table = Table("name", "modes", "size MB", "on disk", "licence", title="models", title_justify="left")
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


def _strategies(console: Console) -> None:
    console.print("strategies: seed.prompt[.direction][.mask]", style="italic")
    for part, choices in (
        ("seed", SEEDS),
        ("prompt", tuple(registry.prompt_rules())),
        ("direction", DIRECTIONS),
        ("mask", CHOICES),
    ):
        console.print(f"  {part:<10} {', '.join(choices)}")
    console.print(f"  by default {', '.join(DEFAULT_STRATEGIES)}")
