"""What ``sambench seeds best`` prints: the best seeds, the middle one, and the ranges of the best 1 % and 2 %."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from bench_cases.seed_library.standing import Range, Standing, Trial, best_ranges, scored, standings

if TYPE_CHECKING:
    from rich.table import Table


def show(trials: Sequence[Trial], *, title: str, phantom: bool, top: int) -> None:
    """Print the table and what it says.

    Parameters
    ----------
    top
        Rows of the table; middle slices that are not among them follow.
    """
    from rich.console import Console

    console = Console(highlight=False, markup=False, soft_wrap=True)
    ranked = [trial for trial, _ in scored(trials)]
    console.print(f"{title}, {len(ranked)} seeds scored{', PHANTOM' if phantom else ''}", style="bold")
    if ranked:
        console.print(_table(ranked, top))
    for standing in standings(trials):
        console.print(_line(standing))
    lacking = sorted({trial.volume for trial in trials} - {standing.volume for standing in standings(trials)})
    if lacking:
        console.print(f"no middle slice to compare in {', '.join(lacking)}: it does not show the target, or failed")
    for found in best_ranges(trials):
        console.print(_range(found, len(ranked)))
    console.print("position: 0 at the first slice with target of the seed's volume, 1 at the last.", style="dim")
    console.print("Dice, Jaccard: mean over slices with target. Dice 3D: all voxels.", style="dim")
    if phantom:
        console.print("PHANTOM: synthetic volumes; these scores say nothing about patients.", style="dim")
    for trial in trials:
        if trial.failed:
            console.print(f"failed: slice {trial.slice_index} of {trial.volume}: {trial.failed}", style="red")


def _line(standing: Standing) -> str:
    return (
        f"middle slice {standing.slice_index} of {standing.volume}: Dice {standing.dice:.4f}, rank {standing.rank} of "
        f"{standing.of}, no worse than {standing.percentile:.1f} % of the seeds, {standing.behind:.4f} behind the best"
    )


def _range(found: Range, scored_seeds: int) -> str:
    between = "-" if found.first is None else f"{found.first:.3f} to {found.last:.3f}"
    holds = "a" if found.holds_middle else "no"
    return (
        f"best {found.share:.0%} ({found.seeds} of {scored_seeds}): position {between}, Dice from "
        f"{found.least_dice:.4f}, {holds} middle slice among them"
    )


def _table(ranked: Sequence[Trial], top: int) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in ("rank", "volume", "slice", "position", "Dice", "Jaccard", "Dice 3D", ""):
        table.add_column(heading, justify="left" if heading in {"volume", ""} else "right", no_wrap=True)
    rank = 0
    for number, trial in enumerate(ranked):
        if number == 0 or trial.dice != ranked[number - 1].dice:
            rank = number + 1
        if number >= top and not trial.middle:
            continue
        scores = [f"{value:.4f}" for value in (trial.dice, trial.jaccard, trial.dice_all) if value is not None]
        place = "-" if trial.position is None else f"{trial.position:.3f}"
        cells = [str(rank), trial.volume, str(trial.slice_index), place, *scores, "middle" if trial.middle else ""]
        table.add_row(*map(Text, cells), style="bold" if trial.middle else None)
    return table
