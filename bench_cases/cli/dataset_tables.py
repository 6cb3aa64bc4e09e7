"""Datasets as tables: all of them in brief, or one with everything that is known of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bench_cases.cli._tables import UNCUT
from bench_cases.contracts import Dataset

if TYPE_CHECKING:
    from rich.console import Console

SHOWN_TARGETS = 4
"""Targets of a set named in the table of all sets."""

ORDER = ("CT", "MR", "PET", "X-ray", "US")


def show_datasets(console: Console, datasets: Mapping[str, Dataset]) -> None:
    """Print one line a set, grouped by modality; a set's phantom is a mark on its line, not a line."""
    from rich.table import Table

    real = {name: each for name, each in datasets.items() if not each.info.phantom}
    phantoms = {name for name, each in datasets.items() if each.info.phantom}
    table = Table(title="datasets", title_justify="left", box=None, pad_edge=False, expand=console.width < UNCUT)
    table.add_column("name", no_wrap=True, min_width=max(len(name) for name in real) + 2)
    table.add_column("on disk", no_wrap=True, min_width=7, justify="right")
    table.add_column("notes", no_wrap=True, min_width=5, justify="right")
    table.add_column("targets", no_wrap=True, overflow="ellipsis", ratio=3)
    table.add_column("licence", no_wrap=True, overflow="ellipsis", ratio=2)
    modalities = sorted({each.info.modality for each in real.values()}, key=_place)
    for modality in modalities:
        table.add_row(f"[italic]{modality}[/italic]")
        for name, dataset in real.items():
            if dataset.info.modality != modality:
                continue
            absent = dataset.missing()
            table.add_row(
                f"  {name}",
                "no" if absent else str(len(dataset.volume_ids())),
                str(len(dataset.info.facts) or ""),
                _brief(dataset),
                dataset.info.licence,
            )
    console.print(table)
    lonely = [name for name in real if f"{name}-phantom" not in phantoms]
    exception = f" (but {', '.join(lonely)})" if lonely else ""
    always = [name for name in datasets if name in phantoms and not datasets[name].info.on_request]
    console.print(
        f"  Every set{exception} has a PHANTOM of its own, NAME-phantom: synthetic, in the set's layout, made on "
        f"demand. "
        f"{' and '.join(always)} run by default, the others if named.",
        soft_wrap=True,
    )
    console.print(
        "  on disk: number of volumes. notes: number of facts about a set that are not certain, or that one "
        "should know; `sambench list NAME` shows them with "
        "targets, citation, source and window.",
        soft_wrap=True,
    )
    console.print()


def show_card(console: Console, dataset: Dataset) -> None:
    """Print everything that is known of one set."""
    info = dataset.info
    window = f"level {info.window.level:g}, width {info.window.width:g}" if info.window else "none"
    rows = {
        "title": info.title,
        "on disk": dataset.missing() or f"yes, {len(dataset.volume_ids())} volumes",
        "modality": info.modality,
        "slices": "of one body, in order" if info.ordered else "pictures that do not belong together",
        "window": window,
        "affine": "trusted" if info.affine_trusted else "not trusted: slices lie as in the files",
        "targets": ", ".join(info.targets),
        "also called": ", ".join(info.aliases),
        "licence": info.licence,
        "citation": info.citation,
        "source": info.source,
    }
    mark = " [yellow]PHANTOM[/yellow]" if info.phantom else ""
    console.print(f"[bold]{dataset.name}[/bold]{mark}")
    for word, text in rows.items():
        if text:
            console.print(f"  {word:<12} {text}", soft_wrap=True, markup=False)
    for fact in info.facts:
        console.print(f"  {'note':<12} {fact}", soft_wrap=True, markup=False)


def _brief(dataset: Dataset) -> str:
    names = list(dataset.info.targets)
    count = f"{len(names)}: " if len(names) > SHOWN_TARGETS else ""
    return count + ", ".join(names[:SHOWN_TARGETS]) + (", ..." if count else "")


def _place(modality: str) -> tuple[int, str]:
    return (ORDER.index(modality) if modality in ORDER else len(ORDER), modality)
